// Runs the command so that it writes V8's code cache anew, with what this run used besides: a cache is taken in, and made again at the end.
const vm = require('node:vm');

vm.Script = class extends vm.Script {
  constructor(...given) {
    super(...given);
    this.cachedDataRejected = true;
  }
};
process.argv.splice(1, 1);
require(process.argv[1]);
