// Where the handlers of these tests are.
export const FIXTURE_HANDLERS = new URL('./fixtures/handlers.ts', import.meta.url).pathname;
