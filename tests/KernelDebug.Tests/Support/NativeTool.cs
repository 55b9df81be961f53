using System.Diagnostics;

namespace KernelDebug.Tests.Support;

/// <summary>Programs of this machine that tests compare with.</summary>
internal static class NativeTool
{
    /// <summary>What a program prints; null where it is not installed or fails.</summary>
    public static string[]? Lines(string program, IEnumerable<string> arguments, string input = "") =>
        Run(program, arguments, input) is (0, { } output, _) ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;

    /// <summary>All a program prints; null where it is not installed or fails.</summary>
    public static string? Text(string program, params string[] arguments) => Run(program, arguments, "") is (0, { } output, _) ? output : null;

    /// <summary>What a program that is installed complains of.</summary>
    public static string Errors(string program, IEnumerable<string> arguments) => Run(program, arguments, "")!.Value.Errors;

    /// <summary>The first of several names of a program that is installed; null where none is.</summary>
    public static string? Installed(params string[] programs) => programs.FirstOrDefault(program => Lines(program, ["--version"]) is not null);

    private static (int Code, string Output, string Errors)? Run(string program, IEnumerable<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            Task.WaitAll(output, errors);
            process.WaitForExit();
            return (process.ExitCode, output.Result, errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
