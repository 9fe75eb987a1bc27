// The JSON Schema of a configuration file, for editors and for checks before a file is deployed.
import { CONFIG_KEYS, CONFIG_NAMES } from './keys.ts';
import { choicesOf } from './parse/values.ts';

type Schema = Readonly<Record<string, unknown>>;

export const configSchema = (): Schema => {
  const settings = Object.fromEntries(CONFIG_NAMES.map((name) => [name, schemaOf(name)]));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'jobctl.yaml',
    type: 'object',
    properties: {
      ...settings,
      current: { type: 'string', description: 'the profile that is meant when none is named' },
      profiles: {
        type: 'object',
        description: 'settings of several systems, by name',
        additionalProperties: { type: 'object', properties: settings, additionalProperties: false },
      },
    },
    additionalProperties: false,
  };
};

/** YAML reads yes as a text and true as a truth: both are taken. */
const schemaOf = (name: keyof typeof CONFIG_KEYS): Schema => {
  const { summary: description } = CONFIG_KEYS[name];
  const choices = choicesOf(CONFIG_KEYS[name]);
  if (choices.length === 0) return { type: 'string', description };
  return { enum: [...choices, ...(choices.includes('yes') ? [true, false] : [])], description };
};
