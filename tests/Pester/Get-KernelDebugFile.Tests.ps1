BeforeDiscovery {
    $script:NoServer = -not (Get-Command debuginfod, debuginfod-find -CommandType Application -ErrorAction Ignore | Measure-Object).Count -ge 2
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Program = "$Fixtures/dwarf/gcc-dwarf5"
    $ProgramId = 'cfa76ce36359a6afe673ab094bc778a77a7092ef'
    $UnknownId = '0123456789abcdef0123456789abcdef01234567'
    $saved = @{}
    foreach ($name in 'DEBUGINFOD_URLS', 'DEBUGINFOD_CACHE_PATH', 'DEBUGINFOD_TIMEOUT', 'DEBUGINFOD_MAXSIZE') {
        $saved[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $null)
    }
    function Show($Object) { ($Object | Out-String -Width 120) -split "`n" | ForEach-Object { $_.TrimEnd() } }

    # A port that nobody listens on.
    function Get-FreePort {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $listener.LocalEndpoint.Port
        $listener.Stop()
    }
}

AfterAll {
    foreach ($name in $saved.Keys) { [Environment]::SetEnvironmentVariable($name, $saved[$name]) }
}

Describe 'Get-KernelDebugFile' {
    BeforeEach {
        $env:DEBUGINFOD_URLS = $null
        $env:DEBUGINFOD_CACHE_PATH = "$TestDrive/cache-$([guid]::NewGuid())"
    }

    Context 'what is looked for' {
        It 'is the kernel of the release' {
            $files = Get-KernelDebugFile 9.9.9-1-amd64 -Kind Vmlinux
            $files.Path | Should -Contain '/usr/lib/debug/boot/vmlinux-9.9.9-1-amd64'
            $files | ForEach-Object Kind | Should -Not -Contain 'Module'
            ($files | Where-Object Status -EQ 'Installable').Command | Should -Be 'apt-get install linux-image-9.9.9-1-amd64-dbg'
            ($files | Where-Object Status -EQ 'NotAsked').Reason | Should -Match 'build-id'
        }

        It 'is what a report needs: its kernel, and the modules that its frames name' {
            $files = Get-PanicTrace $Sample | Get-KernelDebugFile -ModulePath $SampleModule
            ($files | Where-Object Kind -EQ 'Vmlinux').Release | Select-Object -Unique | Should -Be '6.1.0-56-amd64'
            $files | Where-Object Kind -EQ 'Module' | ForEach-Object Name | Select-Object -Unique | Should -Be 'gtpsim'
            $module = $files | Where-Object { $_.Kind -eq 'Module' -and $_.IsUsable }
            $module.Path | Should -Be "$SampleModule/gtpsim.ko.xz"
            $module.BuildId | Should -Be 'c0ba1fc41e904eec58ca79917d3711d50c1b5543'
            $module.HasDebugInfo | Should -BeTrue
            $module.Size | Should -Be (Get-Item "$SampleModule/gtpsim.ko.xz").Length
            # Debian's package of the kernel does not have a module of one's own.
            $files | Where-Object { $_.Kind -eq 'Module' -and $_.Package } | Should -BeNullOrEmpty
        }

        It 'is the package of the version in the log' {
            $files = Get-PanicTrace $Sample | Get-KernelDebugFile -Kind Vmlinux
            if (-not ($files | Where-Object IsUsable)) {
                ($files | Where-Object Status -EQ 'Installable').Command | Should -Be 'apt-get install linux-image-6.1.0-56-amd64-dbg=6.1.192-2'
            }
        }

        It 'is the module of a frame' {
            $files = (Get-PanicTrace $Sample).CallTrace | Where-Object Module | Get-KernelDebugFile -ModulePath $SampleModule
            $files | Should -HaveCount 1
            $files.Path | Should -Be "$SampleModule/gtpsim.ko.xz"
        }

        It 'is a module of a report alone where it is named, by the build-id of its frames' {
            $files = Get-PanicTrace $Sample | Get-KernelDebugFile -Kind Module -Module gtpsim, other -ModulePath $SampleModule
            $files.Name | Select-Object -Unique | Should -Be 'gtpsim', 'other'
            ($files | Where-Object { $_.Name -eq 'gtpsim' -and $_.IsUsable }).Path | Should -Be "$SampleModule/gtpsim.ko.xz"
            $files | Where-Object { $_.Name -eq 'gtpsim' -and $_.Package } | Should -BeNullOrEmpty
        }

        It 'is a module of the list of loaded ones' {
            $module = (Get-PanicTrace $Sample).Modules | Where-Object Name -EQ 'gtpsim'
            (Get-KernelDebugFile -Module $module -ModulePath $SampleModule | Where-Object IsUsable).Name | Should -Be 'gtpsim'
        }

        It 'is what objects have as properties' {
            $file = [pscustomobject]@{ KernelRelease = '6.1.0-56-amd64'; Module = 'gtpsim'; BuildId = 'C0BA1FC41E904EEC58CA79917D3711D50C1B5543' } |
                Get-KernelDebugFile -Kind Module -ModulePath $SampleModule | Where-Object IsUsable
            $file.BuildId | Should -Be 'c0ba1fc41e904eec58ca79917d3711d50c1b5543'
        }

        It 'is a release from the pipeline' {
            ('9.9.9-1-amd64' | Get-KernelDebugFile -Kind Vmlinux)[0].Release | Should -Be '9.9.9-1-amd64'
        }

        It 'is the running kernel where nothing is named' {
            (Get-KernelDebugFile -Kind Vmlinux)[0].Path | Should -Be "/boot/vmlinux-$(uname -r)"
        }

        It 'is the source of decoded frames' {
            $files = Get-PanicTrace $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux |
                Get-KernelDebugFile -Kind Source -SourcePath "$SampleModule/src"
            $files | Where-Object { $_.IsUsable -and $_.Name -eq '/build/gtpsim/gtpsim_dev.c' } | ForEach-Object Path | Should -Be "$SampleModule/src/gtpsim_dev.c"
        }

        It 'is asked for once, however often it comes' {
            $once = Get-PanicTrace $Sample | Get-KernelDebugFile
            Get-PanicTrace $Sample, $Sample | Get-KernelDebugFile | Should -HaveCount $once.Count
        }

        It 'says which build a file is of that does not fit' {
            $file = Get-KernelDebugFile -Module gtpsim -BuildId $UnknownId -ModulePath $SampleModule | Where-Object Status -EQ 'WrongBuild'
            $file.BuildId | Should -Be 'c0ba1fc41e904eec58ca79917d3711d50c1b5543'
            $file.Reason | Should -Match $UnknownId
        }
    }

    Context 'errors and views' {
        It 'of a build-id that is none is one, and the next goes on' {
            $files = @([pscustomobject]@{ BuildId = '../../etc' }, [pscustomobject]@{ BuildId = $UnknownId }) | Get-KernelDebugFile -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed | Should -HaveCount 1
            $failed[0].FullyQualifiedErrorId | Should -Be 'BuildIdInvalid,KernelDebug.Commands.GetKernelDebugFileCommand'
            $failed[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
            $files.BuildId | Select-Object -Unique | Should -Be $UnknownId
        }

        It 'are within 120 columns, with the command to type' {
            $text = Show (Get-PanicTrace $Sample | Get-KernelDebugFile -ModulePath $SampleModule)
            $text | Where-Object Length -GT 120 | Should -BeNullOrEmpty
            $text -match '^   File: Vmlinux$' | Should -HaveCount 1
            $text -match '^   File: Module gtpsim$' | Should -HaveCount 1
            "$(Show (Get-KernelDebugFile 9.9.9-1-amd64 -Kind Vmlinux))" | Should -Match 'Installable +apt-get install linux-image-9\.9\.9-1-amd64-dbg'
        }

        It 'spell control characters out' {
            $text = Get-KernelDebugFile -Release "9.9`e[31m" -Module "a`e]0;x`a" | Out-String
            $text | Should -Match '9\.9'
            $text -match "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|`e\]" | Should -BeFalse
        }
    }

    Context 'elfutils'' server' -Skip:$NoServer {
        BeforeAll {
            $served = "$TestDrive/served"
            $null = New-Item -ItemType Directory $served, "$TestDrive/home"
            Copy-Item $Program $served
            $port = Get-FreePort
            $url = "http://127.0.0.1:$port"
            $server = Start-Process debuginfod -ArgumentList '-F', $served, '-p', $port, '-d', ':memory:' -PassThru -RedirectStandardOutput "$TestDrive/out" -RedirectStandardError "$TestDrive/err"
            foreach ($try in 1..300) {
                $metrics = try { Invoke-RestMethod "$url/metrics" } catch { '' }
                if ($metrics -match 'scanned_files_total\{source="file"\} 1') { break }
                Start-Sleep -Milliseconds 100
            }
        }

        AfterAll { Stop-Process -Id $server.Id }

        BeforeEach { $env:DEBUGINFOD_URLS = $url }

        It 'is asked, and nothing is fetched without Download, nor with WhatIf' {
            foreach ($how in @{}, @{ Download = $true; WhatIf = $true }) {
                $file = Get-KernelDebugFile -BuildId $ProgramId @how | Where-Object Url
                $file.Status | Should -Be 'Available'
                $file.Size | Should -Be (Get-Item $Program).Length
                $file.Url | Should -Be "$url/buildid/$ProgramId/debuginfo"
            }
            Get-ChildItem $env:DEBUGINFOD_CACHE_PATH -Recurse -File -ErrorAction Ignore | Should -BeNullOrEmpty
        }

        It 'gives the file, and elfutils'' client finds it in the cache' {
            $file = Get-KernelDebugFile -BuildId $ProgramId -Download | Where-Object IsUsable
            $file.Status | Should -Be 'Downloaded'
            (Get-FileHash $file.Path).Hash | Should -Be (Get-FileHash $Program).Hash
            $env:DEBUGINFOD_URLS = 'http://127.0.0.1:1'
            debuginfod-find debuginfo $ProgramId | Should -Be $file.Path
        }

        It 'was asked by elfutils'' client, and the file is found' {
            $path = debuginfod-find debuginfo $ProgramId
            $env:DEBUGINFOD_URLS = $null
            $file = Get-KernelDebugFile -BuildId $ProgramId | Where-Object IsUsable
            $file.Status, $file.Path | Should -Be 'Found', $path
        }

        It 'does not have it, which is no error' {
            $file = Get-KernelDebugFile -BuildId $UnknownId -Download -ErrorAction Stop | Where-Object Url
            $file.Status | Should -Be 'Absent'
            # Remembered: the server is not asked again.
            Get-KernelDebugFile -BuildId $UnknownId | Where-Object Url | Should -BeNullOrEmpty
        }

        It 'has more than MaximumSize, which is an error where it was to be had' {
            $file = Get-KernelDebugFile -BuildId $ProgramId -Download -MaximumSize 1000 -ErrorVariable failed -ErrorAction SilentlyContinue | Where-Object Url
            $file.Status | Should -Be 'TooLarge'
            $failed.FullyQualifiedErrorId | Should -Be 'DownloadTooLarge,KernelDebug.Commands.GetKernelDebugFileCommand'
            $failed[0].ErrorDetails.RecommendedAction | Should -Match '-MaximumSize'
        }

        It 'is not there, and the next one is' {
            $env:DEBUGINFOD_URLS = "http://127.0.0.1:$(Get-FreePort) $url"
            $files = Get-KernelDebugFile -BuildId $ProgramId -Download -ErrorAction Stop | Where-Object Url
            $files.Status | Should -Be 'Failed', 'Downloaded'
        }

        It 'alone is not there, which is an error' {
            $env:DEBUGINFOD_URLS = "http://127.0.0.1:$(Get-FreePort)"
            $null = Get-KernelDebugFile -BuildId $ProgramId -Download -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed.FullyQualifiedErrorId | Should -Be 'DownloadFailed,KernelDebug.Commands.GetKernelDebugFileCommand'
            $failed[0].CategoryInfo.Category | Should -Be 'ConnectionError'
            $failed[0].Exception.Message | Should -Match 'refused'
        }
    }

    Context 'a download' {
        BeforeAll {
            # Sends a third, and the rest when asked to go on from there.
            $port = Get-FreePort
            $slow = Start-ThreadJob -ArgumentList $port, $Program {
                param($port, $program)
                $bytes = [IO.File]::ReadAllBytes($program)
                $listener = [Net.HttpListener]::new()
                $listener.Prefixes.Add("http://127.0.0.1:$port/")
                $listener.Start()
                while ($true) {
                    $context = $listener.GetContext()
                    if ($context.Request.Url.AbsolutePath -eq '/end') { $context.Response.Close(); break }
                    $response = $context.Response
                    $response.AddHeader('ETag', '"v1"')
                    $start = 0
                    if ($context.Request.Headers['Range'] -match 'bytes=(\d+)-') {
                        $start = [int]$Matches[1]
                        $response.StatusCode = 206
                        $response.AddHeader('Content-Range', "bytes $start-$($bytes.Length - 1)/$($bytes.Length)")
                    }
                    $response.ContentLength64 = $bytes.Length - $start
                    if ($start) {
                        $response.OutputStream.Write($bytes, $start, $bytes.Length - $start)
                        $response.Close()
                    }
                    else {
                        # The connection stays open until the client hangs up.
                        $response.OutputStream.Write($bytes, 0, 5000)
                        $response.OutputStream.Flush()
                    }
                }
                $listener.Stop()
            }
            foreach ($try in 1..600) {
                $client = [Net.Sockets.TcpClient]::new()
                try { $client.Connect('127.0.0.1', $port); break } catch { Start-Sleep -Milliseconds 50 } finally { $client.Dispose() }
            }
        }

        AfterAll {
            $null = try { Invoke-WebRequest "http://127.0.0.1:$port/end" } catch { $_ }
            $slow | Remove-Job -Force
        }

        It 'that is stopped ends at once, keeps what has come, and is continued' {
            $env:DEBUGINFOD_URLS = "http://127.0.0.1:$port"
            $part = "$env:DEBUGINFOD_CACHE_PATH/$ProgramId/debuginfo.part"
            $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-KernelDebugFile -BuildId $ProgramId -Download")
            $running = $shell.BeginInvoke()
            foreach ($try in 1..600) {
                if ((Get-Item $part -ErrorAction Ignore).Length -eq 5000) { break }
                Start-Sleep -Milliseconds 50
            }
            (Get-Item $part).Length | Should -Be 5000
            ($shell.Streams.Progress | Select-Object -Last 1).StatusDescription | Should -Match ' kB of 16\.3 kB'
            $shell.Stop()
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            $shell.Dispose()
            (Get-Item $part).Length | Should -Be 5000

            $file = Get-KernelDebugFile -BuildId $ProgramId -Download | Where-Object IsUsable
            $file.Status | Should -Be 'Downloaded'
            (Get-FileHash $file.Path).Hash | Should -Be (Get-FileHash $Program).Hash
            Test-Path $part | Should -BeFalse
        }

        It 'that does not come is given up after TimeoutSec' {
            $env:DEBUGINFOD_URLS = "http://127.0.0.1:$port"
            $file = Get-KernelDebugFile -BuildId $ProgramId -Download -TimeoutSec 1 -ErrorAction SilentlyContinue | Where-Object Url
            $file.Status | Should -Be 'Failed'
            $file.Reason | Should -Match '1 seconds'
        }
    }
}
