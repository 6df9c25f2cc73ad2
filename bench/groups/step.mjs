import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { ratioAtMost } from '../lib/goals.mjs';
import { tool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, project, SHIP } from '../lib/ship.mjs';

const BARE = "bare spawn('sh', ['-c', 'true']) loop in Node";
const GOAL = ratioAtMost(1.5);
/** Its steps take too long for as many as the others do. */
const ANSIBLE_STEPS = 100;

/** What a step costs: a run of many steps of `true`, whole, and for each step beyond the first. */
export function stepGroup({ isSmoke }) {
  const count = isSmoke ? 4 : 1000;
  const one = workers(1, count, isSmoke);
  const two = workers(2, count, isSmoke);
  return {
    rounds: 7,
    candidates: [...one, ...two],
    tables: [...tables(one, `${count} steps one after the other`, GOAL), ...tables(two, `${count} independent steps, two workers`)],
  };
}

function tables(candidates, title, goal) {
  const base = candidates[0].name;
  const rows = candidates.map(({ name, label, isOurs }) => ({ candidate: name, label, ...(isOurs && { goal }) }));
  return [
    { title: `${title}, whole`, unit: 'ms', base, metric: 'whole', rows },
    { title: `${title}, a step net of start`, unit: 'ms', base, metric: 'step', rows },
  ];
}

function workers(many, count, isSmoke) {
  const [make, just] = [tool('make'), tool('just')];
  const runners = [
    { label: BARE, run: (steps) => timeChild(node(PROGRAMS.bareLoop, steps, many)) },
    { label: 'ship, strict journal', isOurs: true, run: (steps) => timeShip(steps, many) },
    { label: 'make', ...make, run: (steps) => timeMake(make.argv, steps, many) },
    { label: 'just', ...just, isSerial: true, run: (steps) => timeJust(just.argv, steps) },
    { label: 'listr2', run: (steps) => timeChild(node(PROGRAMS.listr2Loop, steps, many)) },
    ansible(isSmoke),
  ];
  return runners.filter(({ isSerial }) => many === 1 || !isSerial).map((runner) => candidate(runner, many, count));
}

/** `scale`: how many steps of the others one of its steps stands for. */
function candidate({ run, label, scale = 1, ...more }, many, count) {
  return {
    ...more,
    label,
    name: `${label}, ${many}`,
    measure() {
      const first = run(1);
      const step = (run(count / scale) - first) / (count / scale - 1);
      return { step, whole: first + step * (count - 1) };
    },
  };
}

function timeShip(steps, many) {
  return timeChild(node(SHIP), { cwd: project(steps, { parallel: many > 1 }) });
}

function timeMake(argv, steps, many) {
  const needs = (index) => (many > 1 || index === 0 ? '' : ` s${index - 1}`);
  const targets = Array.from({ length: steps }, (_, index) => `s${index}:${needs(index)}\n\t@sh -c true\n`);
  const all = `all:${targets.map((_, index) => ` s${index}`).join('')}\n`;
  const cwd = written('Makefile', all + targets.join(''));
  return timeChild([...argv, '-s', `-j${many}`], { cwd });
}

function timeJust(argv, steps) {
  const recipes = Array.from({ length: steps }, (_, index) => `s${index}:${index === 0 ? '' : ` s${index - 1}`}\n\t@true\n`);
  const cwd = written('justfile', recipes.join(''));
  return timeChild([...argv, `s${steps - 1}`], { cwd });
}

function ansible(isSmoke) {
  const found = tool('ansible-playbook');
  const scale = isSmoke ? 2 : 1000 / ANSIBLE_STEPS;
  const label = `ansible, command module (${ANSIBLE_STEPS} steps, scaled to 1000)`;
  return { ...found, label, scale, isSerial: true, maxRounds: 3, run: (steps) => timeAnsible(found.argv, steps) };
}

function timeAnsible(argv, steps) {
  const task = (index) => `    - { name: s${index}, command: "true" }\n`;
  const tasks = Array.from({ length: steps }, (_, index) => task(index)).join('');
  const cwd = written('play.yml', `- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n${tasks}`);
  return timeChild([...argv, 'play.yml'], { cwd });
}

function written(name, text) {
  const folder = freshFolder();
  writeFileSync(join(folder, name), text);
  return folder;
}
