# What measurements of BPF programs have in common, dot-sourced: processes that wait for a line before they go on.

function Start-Tool([string] $File, [object[]] $Arguments) {
    $start = [Diagnostics.ProcessStartInfo]::new($File, [string[]]$Arguments)
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    [Diagnostics.Process]::Start($start)
}

# Lets a process go on; nothing where it is gone already.
function Resume-Tool($Tool) { $Tool.StandardInput.WriteLine(); $Tool.StandardInput.Flush() }
