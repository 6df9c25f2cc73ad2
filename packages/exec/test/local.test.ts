import { temporaryFolder, testExecutor } from '@ship/testing';
import { localExecutor } from '../src/index.js';

testExecutor('local', () => ({ executor: localExecutor, folder: temporaryFolder(), isHere: true }));
