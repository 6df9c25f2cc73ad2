// What must not be seen: secrets, and what would steer a terminal.
export { type Printing, presentable, printableJson } from './printable.js';
export { findSecrets, Redactor, type Secret } from './redact.js';
