'use strict';
// Preloaded into ship: its clock is `SHIP_TEST_CLOCK` milliseconds off, as after a correction, a restored machine, or on another one.
const off = Number(process.env.SHIP_TEST_CLOCK ?? 0);
const Real = Date;
global.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + off);
    else super(...given);
  }
  static now() {
    return Real.now() + off;
  }
};
