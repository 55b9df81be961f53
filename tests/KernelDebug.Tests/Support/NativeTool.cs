using System.Diagnostics;

namespace KernelDebug.Tests.Support;

/// <summary>Programs of this machine that tests compare with.</summary>
internal static class NativeTool
{
    /// <summary>What a program prints; null where it is not installed or fails.</summary>
    public static string[]? Lines(string program, IEnumerable<string> arguments, string input = "")
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
            return process.ExitCode == 0 ? output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The first of several names of a program that is installed; null where none is.</summary>
    public static string? Installed(params string[] programs) => programs.FirstOrDefault(program => Lines(program, ["--version"]) is not null);
}
