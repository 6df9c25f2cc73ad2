'use strict';
const run = (type) => (entry) => entry.type === type;
const of = (type, kind, act) => (entry) => entry.type === type && entry.kind === kind && (act === undefined || entry.act === act);

/**
 * The moments at which a test has ship killed, in the order in which a run passes them: before entries are written to the
 * journal, when they are written, when a flush has brought them to the disk, and when a process was started.
 */
exports.CRASH_POINTS = {
  'run-started': { when: 'synced', what: run('run-started') },
  captured: { when: 'write', what: of('intent', 'step', 'run') },
  intended: { when: 'synced', what: of('intent', 'step', 'run') },
  // Not what makes the pipes of commands.
  spawned: { when: 'spawned', what: ([command]) => command !== 'mkfifo' },
  acted: { when: 'write', what: (entry) => run('result')(entry) || of('failed', 'step', 'run')(entry) },
  'target-began': { when: 'synced', what: (entry) => entry.type === 'progress' && entry.value.state === 'began' },
  'step-finished': { when: 'synced', what: (entry) => run('result')(entry) || of('failed', 'step', 'run')(entry) },
  'journal-write': { when: 'write' },
  'journal-written': { when: 'written' },
  'journal-synced': { when: 'synced' },
  'rollback-started': { when: 'synced', what: run('rollback-started') },
  'undo-intended': { when: 'synced', what: of('intent', 'step', 'restore') },
  'remove-intended': { when: 'synced', what: of('intent', 'resource', 'restore') },
  removed: { when: 'write', what: of('restored', 'resource') },
  restored: { when: 'write', what: of('restored', 'step') },
  undone: { when: 'synced', what: of('restored', 'step') },
  'rollback-finished': { when: 'synced', what: run('rollback-finished') },
  'run-finished': { when: 'synced', what: run('run-finished') },
};
