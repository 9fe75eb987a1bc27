// What commands print that work on the store.
import { outputSuite } from './output-suite.ts';
import { TestHome } from './run-main.ts';

outputSuite(new TestHome());
