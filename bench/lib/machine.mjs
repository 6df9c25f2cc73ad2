import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { fileSystem } from './folders.mjs';

/** What the figures were taken on. */
export function machine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch} ${release()}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    file_system: fileSystem(),
    load: Number(loadavg()[0].toFixed(2)),
  };
}

export function printMachine({ date, node, platform, cores, cpu, file_system, load }) {
  const onDisk = file_system === 'tmpfs' ? 'tmpfs (nothing there is durable: set SHIP_BENCH_DIR to a disk)' : file_system;
  return `Node ${node}, ${cores} cores (${cpu}), ${platform}, ${onDisk}, load ${load} at the start, ${date}\n`;
}
