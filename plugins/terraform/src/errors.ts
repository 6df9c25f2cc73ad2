import { defineErrors } from '@ship/core';
import { type LockInfo, lockedBy } from './tool/diagnostics.js';

/** The codes of the plugin. */
export const errors = defineErrors({
  SHIP_TERRAFORM_MISSING: {
    exit: 2,
    message: (d: { looked: readonly string[] }) => `${d.looked.join(' and ')} ${d.looked.length > 1 ? 'are' : 'is'} not on PATH`,
    hint: 'Install terraform or tofu, or name the file in the option `binary`.',
  },
  SHIP_TERRAFORM_OTHER: {
    exit: 2,
    message: (d: { path: string; output: string }) => `${d.path} is neither terraform nor tofu: \`version\` makes it write ${d.output}`,
    hint: 'Name the right file in the option `binary`.',
  },
  SHIP_TERRAFORM_TOO_OLD: {
    exit: 2,
    message: (d: { path: string; found: string; needed: string }) => `${d.path} is ${d.found}, and ${d.needed} or newer is needed`,
    hint: 'Install a newer one, or name another file in the option `binary`.',
  },
  SHIP_TERRAFORM_FAILED: {
    exit: 3,
    message: (d: { command: string; dir: string; reported: string }) => `${d.command} failed in ${d.dir}: ${d.reported}`,
    hint: 'This is its own message; all that it wrote is in the log of the step.',
  },
  SHIP_TERRAFORM_LOCKED: {
    exit: 3,
    message: (d: { dir: string; lock: LockInfo; waited: string }) => `the state of ${d.dir} is ${lockedBy(d.lock)}; waited ${d.waited}`,
    hint: 'Nothing was changed, and the lock was not forced. Wait for its owner, or raise `lock_timeout`; `ship doctor` explains what can be done.',
  },
  SHIP_TERRAFORM_REFUSED: {
    exit: 6,
    message: (d: { dir: string; blocks: readonly string[] }) => `${d.dir} cannot go back: ${d.blocks.join('; ')}`,
    hint: 'Nothing was changed. docs/terraform.md says what is refused, and why; what may be replaced is named in the option `stateless`.',
  },
  SHIP_TERRAFORM_UNPROVEN: {
    exit: 4,
    message: (d: { dir: string; left: readonly string[] }) => `${d.dir} was applied, and a new plan still differs: ${d.left.join('; ')}`,
    hint: 'What differs at every plan, such as `timestamp()`, needs `ignore_changes`. Else look at the plan by hand.',
  },
  SHIP_TERRAFORM_STATE_UNSAVED: {
    exit: 4,
    message: (d: { file: string; problem: string }) =>
      `the state that could not be saved lies in ${d.file}, and cannot be pushed: ${d.problem}`,
    hint: (d) => `It alone knows what was made. Once the backend answers: \`terraform state push\` it, in the folder of ${d.file}.`,
  },
  SHIP_TERRAFORM_STATE_LEFT: {
    exit: 3,
    message: (d: { file: string }) => `${d.file} is there: an apply could not save its state, and nobody has pushed it since`,
    hint: '`terraform state push errored.tfstate` in that folder, then remove the file. Without it the next apply makes twice what is there already.',
  },
  SHIP_TERRAFORM_TOO_BIG: {
    exit: 2,
    message: (d: { dir: string; bytes: number; limit: number; largest: string }) =>
      `the configuration in ${d.dir} has ${Math.ceil(d.bytes / 1024 ** 2)} MiB, more than ${d.limit / 1024 ** 2}; the largest file is ${d.largest}`,
    hint: 'It is kept so that it can be applied again. Name what does not belong to it in `exclude`.',
  },
  SHIP_TERRAFORM_FILE: {
    exit: 3,
    message: (d: { path: string; problem: string }) =>
      `${d.path} belongs to a configuration, and cannot be read or put in place: ${d.problem}`,
    hint: 'Give this user the right to it, or name it in `exclude` where Terraform does not read it.',
  },
  SHIP_TERRAFORM_AT_WORK: {
    exit: 3,
    message: (d: { what: string; pids: readonly number[] }) =>
      `a terraform of a ship that is gone still works on ${d.what}, with files of another time in place: process ${d.pids.join(', ')}`,
    hint: 'Wait for its end. One SIGINT ends it in order; `ship recover` then puts the files back.',
  },
  SHIP_TERRAFORM_JOURNAL: {
    exit: 3,
    message: (d: { file: string; problem: string }) =>
      `files of another time may stand in place of today's, and what is written down of it cannot be understood: ${d.file}: ${d.problem}`,
    hint: "Its folder holds today's files, by their hashes. Put them where they belong, by `git status` say, then remove the folder.",
  },
  SHIP_TERRAFORM_MOVED: {
    exit: 6,
    message: (d: { dir: string; root: string }) => `${d.dir} was applied in ${d.root}, and is not there any more`,
    hint: 'Paths in a configuration mean something else in another folder. Bring it back to where it was, or apply by hand what you want.',
  },
  SHIP_TERRAFORM_STATE_GONE: {
    exit: 3,
    message: (d: { dir: string; backend: string; record: string }) =>
      `ship has applied ${d.dir}, and there is no state of it in ${d.backend}: everything would be made a second time`,
    hint: (d) => `Bring the state back, or name the backend that has it. If all of it was destroyed by hand, remove ${d.record}.`,
  },
  SHIP_TERRAFORM_SYNTAX: {
    exit: 2,
    message: (d: { problem: string }) => d.problem,
    hint: 'This is what the parser of Terraform says. `terraform fmt -check` shows the place.',
  },
  SHIP_TERRAFORM_UNREADABLE: {
    exit: 3,
    message: (d: { what: string; problem: string }) => `${d.what} cannot be understood: ${d.problem}`,
    hint: 'Was it written by a newer terraform, or by something else?',
  },
});
