using System.Diagnostics;
using System.Text;
using Xunit;

namespace KernelDebug.Tests.Kdecode;

/// <summary>kdecode, run as its users run it. The build puts it beside the tests.</summary>
internal sealed class KdecodeProcess : IDisposable
{
    /// <summary>A hang, far over what any of these takes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Task<string> _errors;

    private KdecodeProcess(Process process)
    {
        Process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What starts it, as the words of a shell's command.</summary>
    public static IReadOnlyList<string> Command { get; } =
        [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "kdecode.dll")];

    public Process Process { get; }

    public static KdecodeProcess Start(params string[] arguments) => StartProgram(Command[0], [.. Command.Skip(1), .. arguments]);

    public static KdecodeProcess StartProgram(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(false, throwOnInvalidBytes: true),
        };
        start.Environment.Remove("DEBUGINFOD_URLS");
        return new KdecodeProcess(Process.Start(start)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static KdecodeResult Run(byte[] input, params string[] arguments)
    {
        using KdecodeProcess process = Start(arguments);
        Task<string> output = process.Process.StandardOutput.ReadToEndAsync();
        try
        {
            process.Process.StandardInput.BaseStream.Write(input);
            process.Process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read all: its arguments were no good.
        }

        return process.End(output);
    }

    public static KdecodeResult Run(string input, params string[] arguments) => Run(Encoding.UTF8.GetBytes(input), arguments);

    /// <summary>The next line, as soon as it is out.</summary>
    public string? ReadLine()
    {
        Task<string?> line = Process.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(Patience), "the line does not come out");
        return line.Result;
    }

    /// <summary>Counts the bytes that come out, to the end, while more is written.</summary>
    public Func<long> CountOutput()
    {
        Task<long> count = Task.Run(() =>
        {
            byte[] buffer = new byte[1 << 16];
            long sum = 0;
            for (int read; (read = Process.StandardOutput.BaseStream.Read(buffer)) > 0; sum += read)
            {
            }

            return sum;
        });
        return () => count.Result;
    }

    /// <summary>Waits for its end.</summary>
    public KdecodeResult End() => End(Process.StandardOutput.ReadToEndAsync());

    private KdecodeResult End(Task<string> output)
    {
        Assert.True(Process.WaitForExit(Patience), "kdecode does not end");
        return new KdecodeResult(Process.ExitCode, output.Result, _errors.Result);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        Process.Dispose();
    }
}

internal sealed record KdecodeResult(int ExitCode, string Output, string Errors);
