# What can end a trace inside of PowerShell, each many times. Prints what stayed loaded, and how often it looked.
param([int] $Process, [int] $Runs)
$ErrorActionPreference = 'Stop'
Import-Module (Resolve-Path "$PSScriptRoot/../../KernelDebug.psd1").Path
$arguments = @{ Path = "$PSScriptRoot/../Fixtures/bpf/syscalls.bpf.o"; Global = @{ wanted_pid = $Process; burst = 64 }; WarningAction = 'SilentlyContinue' }

# The programs, maps and links this process holds.
function Get-Held { Get-Content /proc/$PID/fdinfo/* -ErrorAction Ignore | Where-Object { $_ -match '^(prog_id|map_id|link_id):' } | Sort-Object -Unique }

$ends = [ordered]@{
    'an error downstream' = { Start-BpfTrace @arguments | ForEach-Object { throw 'fault' } }
    'an error of .NET downstream' = { Start-BpfTrace @arguments | ForEach-Object { [int]::Parse('fault') } }
    'Select-Object -First' = { Start-BpfTrace @arguments | Select-Object -First 100 }
    'break' = { foreach ($once in 1) { Start-BpfTrace @arguments | ForEach-Object { break } } }
    'a terminating error in end' = { Start-BpfTrace @arguments -Count 100 | & { end { throw 'fault' } } }
    'PowerShell.Stop' = {
        $shell = [powershell]::Create([System.Management.Automation.RunspaceMode]::NewRunspace)
        $null = $shell.AddScript("Import-Module '$((Get-Module KernelDebug).Path)'").Invoke()
        $shell.Commands.Clear()
        $running = $shell.AddCommand('Start-BpfTrace').AddParameters($arguments).BeginInvoke()
        for ($i = 0; $i -lt 100 -and -not (Get-Held); $i++) { Start-Sleep -Milliseconds 20 }
        if (-not (Get-Held)) { 'never loaded' }
        $shell.Stop()
        $shell.Dispose()
    }
    'a closed runspace' = {
        $shell = [powershell]::Create([System.Management.Automation.RunspaceMode]::NewRunspace)
        $null = $shell.AddScript("Import-Module '$((Get-Module KernelDebug).Path)'").Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddCommand('Start-BpfTrace').AddParameters($arguments).AddParameter('AsSession').Invoke()
        if (-not (Get-Held)) { 'never loaded' }
        $shell.Runspace.Close()
        $shell.Dispose()
    }
    'a full ring buffer and a slow pipeline' = { Start-BpfTrace @arguments -BufferSize 4096 -Count 20 | ForEach-Object { Start-Sleep -Milliseconds 5 } }
}
foreach ($end in $ends.Keys) {
    $left = @(for ($i = 0; $i -lt $Runs; $i++) {
        try { $said = & $ends[$end] | Where-Object { $_ -is [string] } } catch { $said = $null }
        if ($said) { $said }
        Get-Held
    })
    "$end`t$Runs`t$($left.Count)`t$($left | Select-Object -First 3)"
}
