import type { Field } from '../ipc/gen/Field';
import type { Issue } from '../ipc/gen/Issue';
import type { Words } from '../text/en';
import { bytes } from '../text/format';
import { takesFiles } from './fields';

/** One sentence for each thing that can be wrong. */
export function issueText(issue: Issue, field: Field, t: Words): string {
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
      return t.issues.jsonSyntax(issue.line, issue.column);
    case 'json_not_an_object':
      return t.issues.jsonNotAnObject;
    case 'json_schema':
      return t.issues.jsonSchema(issue.path, issue.message);
    case 'too_many_files':
      return t.issues.tooManyFiles(issue.max);
    case 'file_kind_refused':
      return issue.extension ? t.issues.fileKindOf(issue.extension) : t.issues.fileKind;
    case 'file_too_large':
      return t.issues.fileTooLarge(bytes(issue.size, t), bytes(issue.limit, t));
    case 'file_empty':
      return t.issues.fileEmpty;
    case 'file_missing':
      return t.issues.fileMissing;
    case 'file_unreadable':
      return t.issues.fileUnreadable;
    case 'file_not_uploaded':
      return t.issues.fileNotUploaded;
    case 'link_not_http':
      return t.issues.linkNotHttp;
    case 'link_refused':
      return t.issues.linkRefused;
    case 'server':
      return t.issues.server(issue.message);
  }
}
