import { quoteOf } from '../ipc/errors';
import type { Field } from '../ipc/gen/Field';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { SchemaFault } from '../ipc/gen/SchemaFault';
import type { Words } from '../text/en';
import { listOf } from '../text/format';
import { isOfFiles, rowText, type FileIssue } from './causes';
import { takesFiles } from './fields';

/** One sentence for each thing that can be wrong; what only the server knows, in its words. */
export function problemText(problem: Problem, field: Field, t: Words, nameAt?: (variable: string, index: number) => string): string {
  const { issue } = problem;
  const other = issue.code === 'file_twice' ? nameAt?.(issue.variable, issue.index) : undefined;
  const text = isOfFiles(issue) ? rowText(issue, t, other) : issueText(issue, field, t);
  const quote = quoteOf(problem.server);
  return issue.code === 'refused' && quote ? [text, t.saidByServer(quote)].join(t.betweenSentences) : text;
}

/** The server's own sentence, where it is not said already. */
export function serverWords(problem: Problem | undefined): string | null {
  return problem && problem.issue.code !== 'refused' ? problem.server : null;
}

function issueText(issue: Exclude<Issue, FileIssue>, field: Field, t: Words): string {
  switch (issue.code) {
    case 'required':
      return field.control.type === 'select' ? (field.control.options.length === 0 ? t.issues.noChoices : t.issues.requiredChoice) : takesFiles(field) ? t.issues.requiredFile : t.issues.required(field.label);
    case 'too_long':
      return t.issues.tooLong(issue.length, issue.max);
    case 'not_a_number':
      return t.issues.notANumber;
    case 'not_an_option':
      return t.issues.notAnOption;
    case 'json_syntax':
      return t.issues.jsonSyntax(issue.line, issue.column, t.issues.json[issue.fault]);
    case 'json_not_an_object':
      return t.issues.jsonNotAnObject;
    case 'json_schema': {
      const path = placeOf(issue.path);
      const fault = schemaText(issue.fault, t);
      return path ? t.issues.jsonAt(path, fault) : fault;
    }
    case 'file_not_uploaded':
      return t.issues.fileNotUploaded;
  }
}

/** A JSON pointer as people read it: names and places, counted from 1. */
function placeOf(pointer: string): string {
  const parts = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part)).join(' › ');
}

function schemaText(fault: SchemaFault, t: Words): string {
  const { schema, jsonTypes } = t.issues;
  const quoted = (names: string[]) => listOf(names.map((name) => `“${name}”`), t);
  switch (fault.kind) {
    case 'missing':
      return schema.missing(fault.name);
    case 'unknown':
      return schema.unknown(quoted(fault.names));
    case 'type':
      return schema.type(fault.types.map((type) => (type in jsonTypes ? jsonTypes[type as keyof typeof jsonTypes] : type)).join(t.issues.or));
    case 'options':
      return schema.options(quoted(fault.options));
    case 'too_short':
      return schema.tooShort(fault.min);
    case 'too_long':
      return schema.tooLong(fault.max);
    case 'too_few':
      return schema.tooFew(fault.min);
    case 'too_many':
      return schema.tooMany(fault.max);
    case 'too_small':
      return schema.tooSmall(fault.min);
    case 'too_large':
      return schema.tooLarge(fault.max);
    case 'pattern':
      return schema.pattern(fault.pattern);
    case 'other':
      return schema.other(quoteOf(fault.message));
  }
}
