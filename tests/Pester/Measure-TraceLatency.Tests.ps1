BeforeAll {
    . $PSScriptRoot/Support.ps1
    function Event($Function, $Latency, $Task = 'ping') { [pscustomobject]@{ Function = $Function; Task = $Task; Latency = $Latency } }
    function Show($Object) { ($Object | Out-String -Width 120) -split "`n" | ForEach-Object { $_.TrimEnd() } }
}

Describe 'Measure-TraceLatency' {
    It 'agrees with Measure-Object and with the sorted times' {
        $random = [Random]::new(7)
        $times = 1..2000 | ForEach-Object { [timespan]::new([long][math]::Pow(10, $random.NextDouble() * 6)) }
        $sum = $times | ForEach-Object { Event 'f' $_ } | Measure-TraceLatency
        $truth = $times.Ticks | Measure-Object -Sum -Minimum -Maximum -Average
        $sum.Function, $sum.Count | Should -Be 'f', 2000
        $sum.Total.Ticks, $sum.Minimum.Ticks, $sum.Maximum.Ticks | Should -Be $truth.Sum, $truth.Minimum, $truth.Maximum
        $sum.Mean.Ticks | Should -Be ([long]$truth.Average)
        $sorted = $times.Ticks | Sort-Object
        foreach ($rank in @{ At = 1000; Time = $sum.Median }, @{ At = 1800; Time = $sum.P90 }, @{ At = 1980; Time = $sum.P99 }, @{ At = 1998; Time = $sum.GetPercentile(0.999) }) {
            [math]::Abs($rank.Time.Ticks - $sorted[$rank.At - 1]) | Should -BeLessOrEqual ([math]::Max($sorted[$rank.At - 1] * 0.01, 1))
        }
    }

    It 'has an object for each function, the one that took longest first' {
        $sums = (Event 'a' 100), (Event 'b' 5000), (Event 'a' 300) | Measure-TraceLatency
        $sums.Function | Should -Be 'b', 'a'
        @($sums | ForEach-Object Count) | Should -Be 1, 2
        $sums[1].Mean | Should -Be ([timespan]::new(2))
    }

    It 'takes the event for the function where there is none' {
        ([pscustomobject]@{ Event = 'gtpsim:gtpsim_encap_recv'; Latency = 100 } | Measure-TraceLatency).Function | Should -Be 'gtpsim:gtpsim_encap_recv'
    }

    It 'tells apart by other properties' {
        $sums = (Event 'a' 1000 'ping'), (Event 'b' 2000 'ping'), (Event 'b' 500 'curl') | Measure-TraceLatency -By Task
        $sums.Task | Should -Be 'ping', 'curl'
        $sums.By | Should -Be 'Task', 'Task'
        $sums = (Event 'a' 1000 'x, y'), (Event 'y, a' 900 'x') | Measure-TraceLatency -By Task, Function
        $sums | Should -HaveCount 2
        $sums.Name | Should -Be 'x, y, a', 'x, y, a'
        $sums[0].Task, $sums[0].Function | Should -Be 'x, y', 'a'
    }

    It 'takes a number for nanoseconds: <_>' -ForEach 1500, 1500L, 1500ul, 1500.0 {
        (Event 'f' $_ | Measure-TraceLatency).Histogram.Start | Should -Be 1024
    }

    It 'is an error for <_>, and measures the others' -ForEach 'no time', -1, ([timespan]'-0:0:1'), $null, ([double]::NaN) {
        $sum = (Event 'f' $_), (Event 'f' 700) | Measure-TraceLatency -ErrorAction SilentlyContinue -ErrorVariable wrong
        $sum.Count | Should -Be 1
        $wrong.FullyQualifiedErrorId | Should -Be 'LatencyMissing,KernelDebug.Commands.MeasureTraceLatencyCommand'
        $wrong.ErrorDetails.RecommendedAction | Should -Match '-Latency'
    }

    It 'says nothing of nothing' {
        @() | Measure-TraceLatency | Should -BeNullOrEmpty
        $null | Measure-TraceLatency | Should -BeNullOrEmpty
    }

    It 'gives what came in each interval' {
        $sums = & { Event 'f' 100; Event 'f' 100; Start-Sleep -Milliseconds 300; Event 'f' 900 } | Measure-TraceLatency -Interval 0.2
        @($sums | ForEach-Object Count) | Should -Be 2, 1
        $sums[0].Until | Should -BeLessThan $sums[1].Until
        { Event 'f' 1 | Measure-TraceLatency -Interval 0 } | Should -Throw -ErrorId 'IntervalNotPositive,*'
    }

    It 'bounds what it tells apart' {
        $sums = 1..10050 | ForEach-Object { [pscustomobject]@{ Function = "f$_"; Latency = 100 } } | Measure-TraceLatency -WarningVariable warning -WarningAction SilentlyContinue
        $sums | Should -HaveCount 10001
        $sums[0].Name, $sums[0].Count | Should -Be '(others)', 50
        $warning | Should -Match '^50 events .* first 10000'
    }

    It 'completes what events have' {
        (TabExpansion2 'Measure-TraceLatency -By ta').CompletionMatches.CompletionText | Should -Be 'Task'
    }

    Context 'views' {
        BeforeAll {
            $sums = 1..200 | ForEach-Object { Event ("function_with_a_very_long_name_$_" + 'x' * 20) ($_ * 1000000) } | Measure-TraceLatency
        }

        It 'shows times in the unit they fit, within 120 columns' {
            $lines = Show $sums
            $lines | Where-Object Length -GT 120 | Should -BeNullOrEmpty
            $lines -match '^ +By: Function, until \d\d:\d\d:\d\d$' | Should -HaveCount 1
            (Show (Event 'f' 1500 | Measure-TraceLatency)) -match '^f +1 +1\.50us( +1\.50us){6}$' | Should -HaveCount 1
        }

        It 'draws bars against the fullest bucket' {
            $histogram = (& { 1..8 | ForEach-Object { Event 'f' 600 }; 1..4 | ForEach-Object { Event 'f' 3000 } } | Measure-TraceLatency).Histogram
            $histogram | Should -HaveCount 3
            $histogram.Start | Should -Be 512, 1024, 2048
            $lines = Show $histogram
            $lines | Where-Object Length -GT 120 | Should -BeNullOrEmpty
            $full = @($lines -match '^ +512ns \.\. 1\.02us +8 (█+)$')
            # Half of an odd number of columns ends in half a column.
            $half = @($lines -match '^ +2\.05us \.\. 4\.10us +4 █+▌?$')
            $full.Count, $half.Count | Should -Be 1, 1
            $columns = ($half[0].ToCharArray() -eq '█').Count * 2 + ($half[0].ToCharArray() -eq '▌').Count
            ($full[0].ToCharArray() -eq '█').Count | Should -Be $columns
        }

        It 'makes control characters visible' {
            (Show (Event "f`e[31m" 1 | Measure-TraceLatency)) -match 'f\\x1b\[31m' | Should -HaveCount 1
        }
    }
}
