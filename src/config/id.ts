/** Component and pipeline ids: `type` or `type/name`. Rules and texts of the Collector's component/identifiable.go. */
export interface ComponentId {
  readonly type: string;
  /** Empty if there is none. */
  readonly name: string;
  /** `type` or `type/name`, trimmed. */
  readonly text: string;
}

const typePattern = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const namePattern = /^[^\p{Z}\p{C}\p{S}]{1,1024}$/u;

/** The id, or what is wrong with it. */
export function parseId(text: string): ComponentId | string {
  const slash = text.indexOf('/');
  const type = (slash < 0 ? text : text.slice(0, slash)).trim();
  const name = slash < 0 ? '' : text.slice(slash + 1).trim();
  if (type === '') {
    return slash < 0 ? 'id must not be empty' : `in "${text}" id: the part before / should not be empty`;
  }
  if (slash >= 0 && name === '') return `in "${text}" id: the part after / should not be empty`;
  if (!typePattern.test(type)) return `in "${text}" id: invalid character(s) in type "${type}"`;
  if (name !== '' && !namePattern.test(name)) return `in "${text}" id: invalid character(s) in name "${name}"`;
  return { type, name, text: name === '' ? type : `${type}/${name}` };
}
