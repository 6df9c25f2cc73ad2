// Preloaded into the process whose memory is measured: tells its own peak at its end. The kernel counts VmHWM anew at
// each exec; `maxRSS` of getrusage would also know what the process was forked from.
const { readFileSync, writeFileSync } = require('node:fs');

process.once('exit', () => {
  writeFileSync(process.env.BENCH_PEAK_FILE, String(peakKib()));
});

function peakKib() {
  try {
    return /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
