/**
 * What a spawner runs. Perl, because it is on nearly every machine that has a shell, is small, and forks, enters a session and
 * waits with nothing but itself; a shell cannot start a session, nor tell a signal from an exit code.
 *
 * Its arguments: the pid of ship, and the number of the system call `setsid`. Descriptor 3 is a socket to ship. What ship
 * sends are frames, each a length in four bytes and fields between NULs; what it is told are lines. First come the variables
 * of the environment. Then one process is kept ready, which says `ready PID`, is handed the frame of one command, and becomes
 * that command; `errno N` says that it cannot. `ended STATUS` says what `wait` said of it. A frame names the process that
 * it is for, so that none is ever read by another. When ship ends the socket, or a command was ended by a signal, all of it ends.
 */
export const SPAWNER_PROGRAM = String.raw`
my ($ship, $setsid) = @ARGV;
$0 = 'ship: starts commands';
open my $line, '+<&=', 3 or exit 1;
fcntl $line, 2, 1;
opendir my $files, "/proc/$ship/fd" or exit 1;
closedir $files;
sub bytes {
  my ($count, $got) = (shift, '');
  while (length $got < $count) { sysread $line, $got, $count - length $got, length $got or kill 'KILL', $$ }
  return $got;
}
sub frame { split /\0/, bytes(unpack 'N', bytes(4)), -1 }
sub output { my ($handle, $file) = @_; open $handle, '>>', "/proc/$ship/fd/$file" or not $! = 5 }
%ENV = frame();
while (1) {
  my $pid = fork;
  exit 1 unless defined $pid;
  if ($pid == 0) {
    syscall($setsid + 0) >= 0 or kill 'KILL', $$;
    syswrite $line, "ready $$\n";
    my ($for, $folder, $out, $err, $set, $unset, @rest) = frame();
    kill 'KILL', $$ if $for != $$;
    for (1 .. $set) { my $name = shift @rest; $ENV{$name} = shift @rest }
    for (1 .. $unset) { delete $ENV{shift @rest} }
    chdir $folder and output(*STDOUT, $out) and ($err == $out ? open(STDERR, '>&', \*STDOUT) : output(*STDERR, $err))
      and exec { $rest[0] } @rest;
    syswrite $line, 'errno ' . ($! + 0) . "\n";
    exit 1;
  }
  waitpid $pid, 0;
  syswrite $line, "ended $?\n";
  exit if $? & 127;
}
`;
