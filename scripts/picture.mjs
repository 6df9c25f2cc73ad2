// Fills the picture in README.md with what a real run of the quickstart printed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [START, END] = ['<!-- picture:start -->', '<!-- picture:end -->'];
const output = execFileSync('npm', ['run', '--silent', 'quickstart'], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
const from = output.indexOf('$ VERSION=2 ship --auto-rollback');
const to = output.indexOf('$ VERSION=1 ship --list-snapshots');
const page = readFileSync('README.md', 'utf8');
const picture = `${START}\n\n\`\`\`\n${output.slice(from, to).trim()}\n\`\`\`\n\n${END}`;
writeFileSync('README.md', `${page.slice(0, page.indexOf(START))}${picture}${page.slice(page.indexOf(END) + END.length)}`);
