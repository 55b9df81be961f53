# Dot-sourced by the tests that load BPF programs: the fixtures, and what a trace of this process's calls takes.
$Bpf = (Resolve-Path (Join-Path $PSScriptRoot '../Fixtures/bpf')).Path
$Calls = @{ Path = "$Bpf/syscalls.bpf.o"; Global = @{ wanted_pid = $PID } }

# Whether this user may load BPF programs here: bpftool, not this module, is asked to load one.
function Test-BpfLoad {
    if (-not (Get-Command bpftool -CommandType Application -ErrorAction Ignore)) { return $false }
    $null = & bpftool prog list 2>&1
    if ($LASTEXITCODE -ne 0) { return $false }
    $features = & bpftool feature probe kernel 2>$null
    "$features" -match 'eBPF program_type raw_tracepoint is available' -and "$features" -match 'eBPF map_type ringbuf is available'
}

# Calls getpgid(2), which the fixtures watch, so many times.
Add-Type -Namespace KernelDebugTests -Name Native -MemberDefinition '[DllImport("libc")] public static extern int getpgid(int process);'
function Invoke-Getpgid([int] $Count = 1) { for ($i = 0; $i -lt $Count; $i++) { $null = [KernelDebugTests.Native]::getpgid(0) } }

# The programs of a name in the kernel, as bpftool sees them; the kernel lets go of programs a moment after they are closed.
function Get-LoadedProgram([string] $Name) {
    @((& bpftool -j prog list | ConvertFrom-Json) | Where-Object name -EQ $Name)
}
function Wait-Unloaded([string] $Name) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ((Get-LoadedProgram $Name).Count -gt 0 -and $clock.Elapsed.TotalSeconds -lt 10) { Start-Sleep -Milliseconds 50 }
    (Get-LoadedProgram $Name).Count
}
