// What the operating system promises: files that survive a crash, and processes that are recognised after one.
export * from './files.js';
export * from './process.js';
