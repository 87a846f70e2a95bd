// Usage: node check.js FILE. Exit code 0 if the bill is valid CycloneDX 1.6 (strict schema), 5 if not.
import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
const errors = await validator.validate(readFileSync(process.argv[2], 'utf8'));
console.log(errors === null ? 'valid' : JSON.stringify(errors, null, 2));
process.exitCode = errors === null ? 0 : 5;
