export { MemoryStore } from '@ship/core';
export { type TestContext, testContext } from './context.js';
export { type Harness, type HarnessOptions, harness } from './harness.js';
export { temporaryFolder } from './temporary.js';
export { type ActionUnderTest, testAction } from './test-action.js';
export { testStore } from './test-store.js';
