// Times feelin (the FEEL of bpmn.io) on lines of JSON from stdin, one answer a line, in microseconds of CPU.
// {"text": "...", "context": {...}, "times": 1000}            an expression
// {"tests": [["..."], ...], "values": [...], "times": 10}     a table: tests of each rule until one matches
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { evaluate, unaryTest } = await import(pathToFileURL(process.argv[2]).href);

function firstMatch({ tests, values }) {
  return tests.findIndex((cells) =>
    cells.every((cell, column) => unaryTest(cell, { '?': values[column] }).value === true));
}

function micros(work, times) {
  work();
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < times; turn++) work();
    const spent = process.cpuUsage(before);
    best = Math.min(best, (spent.user + spent.system) / times);
  }
  return best;
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const work = job.tests ? () => firstMatch(job) : () => evaluate(job.text, job.context);
  console.log(JSON.stringify(micros(work, job.times)));
}
