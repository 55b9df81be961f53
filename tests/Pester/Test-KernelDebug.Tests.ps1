BeforeDiscovery {
    $script:NoOther = (id -u) -ne 0 -or -not (Get-Command setpriv -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $checks = Test-KernelDebug
}

Describe 'Test-KernelDebug' {
    It 'says what each thing enables, and of what is wrong how to get it' {
        $checks.Name | Should -Contain 'Kernel'
        $checks.Name | Select-Object -Unique | Should -HaveCount $checks.Count
        $checks | Where-Object { -not $_.Enables -or -not $_.Detail } | Should -BeNullOrEmpty
        $checks | Where-Object { $_.Status -in 'Missing', 'Denied' -and -not $_.Remedy } | Should -BeNullOrEmpty
        $checks | Where-Object { $_.Status -eq 'Ok' -and $_.Remedy } | Should -BeNullOrEmpty
    }

    It 'agrees with the tools of this machine' {
        ($checks | Where-Object Name -EQ Kernel).Detail | Should -Match "^$([regex]::Escape((& uname -r))) $([regex]::Escape((& uname -m))) "
        $status = ($checks | Where-Object Name -EQ BTF).Status
        $status | Should -Be ((Test-Path /sys/kernel/btf/vmlinux) ? 'Ok' : 'Missing')
        $hasLibbpf = & sh -c 'PATH=$PATH:/sbin:/usr/sbin; ldconfig -p 2>/dev/null | grep -q libbpf.so.1 && echo yes'
        if ($hasLibbpf) { ($checks | Where-Object Name -EQ libbpf).Status | Should -Be 'Ok' }
    }

    It 'runs as a user without rights' -Skip:$NoOther {
        $program = @((Get-Process -Id $PID).Path)
        if ((Split-Path $program[0] -LeafBase) -eq 'dotnet') { $program += "$PSHOME/pwsh.dll" }
        $text = & setpriv --bounding-set -all --inh-caps -all --ambient-caps -all @program -NoProfile -Command "Import-Module '$ModuleFile'; Test-KernelDebug | ForEach-Object { `$_.Name + '=' + `$_.Status }" 2>&1
        $text | Should -HaveCount $checks.Count
        $text | Should -Contain 'CAP_BPF=Missing'
        $text | Should -Contain 'CAP_SYSLOG=Missing'
        $text | Should -Contain 'Addresses=Denied'
    }

    It 'has a view that fits 120 columns' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            $text = $checks | Out-String -Width 120
        }
        finally { $PSStyle.OutputRendering = $before }
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match 'CAP_BPF'
    }
}
