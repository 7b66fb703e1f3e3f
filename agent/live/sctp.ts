// SCTP by raw sockets, which need no SCTP in the kernel: what translates it is conntrack. In Perl, as Node has no raw sockets; Debian
// always has its core. No more than the first two messages: INIT, and an INIT ACK whose cookie is the name of who answers.

const common = `
use strict; use Socket;
$| = 1;
my @table = map { my $c = $_; $c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for 1 .. 8; $c } 0 .. 255;
sub crc32c { my $c = 0xFFFFFFFF; $c = ($c >> 8) ^ $table[($c ^ $_) & 255] for unpack 'C*', $_[0]; $c ^ 0xFFFFFFFF }
sub packet {
  my ($from, $to, $tag, $type, $cookie) = @_;
  my $chunk = pack('N N n n N', 1234, 65536, 1, 1, 1) . $cookie;
  my $body = pack('C C n', $type, 0, 4 + length $chunk) . $chunk;
  my $sum = crc32c(pack('n n N N', $from, $to, $tag, 0) . $body);
  pack('n n N V', $from, $to, $tag, $sum) . $body;
}
sub parse { # source, from port, to port, chunk type, cookie
  my $head = (ord($_[0]) & 15) * 4;
  my ($from, $to) = unpack 'n n', substr $_[0], $head;
  my $padded = substr $_[0], $head + 32;
  my $cookie = length($padded) > 4 ? substr($padded, 4, unpack('x2 n', $padded) - 4) : '';
  (inet_ntoa(substr $_[0], 12, 4), $from, $to, ord(substr $_[0], $head + 12), $cookie);
}
socket(my $socket, PF_INET, SOCK_RAW, 132) or die "$!";
`;

/** A program that answers at `port` with `name`, and says `ready`. */
export function sctpEcho(name: string, port: number): readonly [file: string, args: readonly string[]] {
  const program = String.raw`${common}
my ($name, $port) = @ARGV;
print "ready\n";
while (recv $socket, my $got, 4096, 0) {
  my ($source, $from, $to, $type) = parse($got);
  next unless $to == $port && $type == 1;
  my $text = "$name $source";
  my $cookie = pack('n n', 7, 4 + length $text) . $text . "\0" x (-length($text) % 4);
  send $socket, packet($to, $from, 1234, 2, $cookie), 0, pack_sockaddr_in(0, inet_aton($source));
}`;
  return ['perl', ['-e', program, name, `${port}`]];
}

/** A program that prints who answers, and whom that one sees; nothing if nobody does. */
export function sctpAsk(
  host: string,
  port: number,
  fromPort: number,
): readonly [file: string, args: readonly string[]] {
  const program = `${common}
my ($host, $port, $mine) = @ARGV;
send($socket, packet($mine, $port, 0, 1, ''), 0, pack_sockaddr_in(0, inet_aton($host))) or exit;
$SIG{ALRM} = sub { exit };
alarm 2;
while (recv $socket, my $got, 4096, 0) {
  my ($source, $from, $to, $type, $cookie) = parse($got);
  next unless $source eq $host && $from == $port && $to == $mine && $type == 2;
  print $cookie;
  exit;
}`;
  return ['perl', ['-e', program, host, `${port}`, `${fromPort}`]];
}
