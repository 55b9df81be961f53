# Writes into trace_marker of the current directory, each line as a task of another name.
use strict; use Fcntl;
my @marks = (["a-1 [000] ..", "hello dash"], ["x\ny", "newline in comm"], ["\303\251t\303\251", "utf8 comm"], ["e\033[31m", "esc comm"],
  ["123456789012345", "full"], ["a b", "two\nlines\n"], ["c", "esc \033[31m red"], ["\377\376", "bytes \377"],
  ["n", "no newline: has: colons"], [" lead", "leading space"], ["p (   77) [001]", "parens"], ["a-1 [000] 1.2: ", "fake"], ["<...>", "dots"]);
sub put { my ($path, $text) = @_; sysopen(my $file, $path, O_WRONLY) or die "$path: $!"; syswrite($file, $text); }
for my $mark (@marks) {
  if (my $child = fork) { waitpid($child, 0); next; }
  put("/proc/self/comm", $mark->[0]); select(undef, undef, undef, 0.02); put("trace_marker", $mark->[1]); select(undef, undef, undef, 0.05);
  exit;
}
