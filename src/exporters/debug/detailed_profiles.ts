import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { Lines } from './detailed.ts';
import { attributeAt } from './profile_attributes.ts';
import { hex, timeText, typedText, valueText } from './values.ts';

/** otlptext/profiles.go of the Collector: of the tables of attributes and links only the last entry is told. */
export function detailedProfiles(data: OtlpObject<'ExportProfilesServiceRequest'>): string {
  const out = new Lines();
  const { dictionary } = data;
  if (dictionary !== undefined) dictionaryLines(out, dictionary);
  for (const [i, { resource, schemaUrl, scopeProfiles }] of (data.resourceProfiles ?? []).entries()) {
    out.resource('ResourceProfiles', i, schemaUrl, resource);
    for (const [j, scope] of (scopeProfiles ?? []).entries()) {
      out.scope('ScopeProfiles', j, scope.schemaUrl, scope.scope);
      for (const [k, profile] of (scope.profiles ?? []).entries()) {
        out.add(`Profile #${k}`);
        profileLines(out, profile, dictionary);
      }
    }
  }
  return out.text;
}

function dictionaryLines(out: Lines, dictionary: OtlpObject<'ProfilesDictionary'>): void {
  for (const [i, mapping] of (dictionary.mappingTable ?? []).entries()) {
    out.add(`Mapping #${i}`);
    out.add(`    Memory start: ${mapping.memoryStart ?? 0}`);
    out.add(`    Memory limit: ${mapping.memoryLimit ?? 0}`);
    out.add(`    File offset: ${mapping.fileOffset ?? 0}`);
    out.add(`    File name: ${mapping.filenameStrindex ?? 0}`);
    out.add(`    Attributes: ${list(mapping.attributeIndices)}`);
  }
  for (const [i, location] of (dictionary.locationTable ?? []).entries()) {
    out.add(`Location #${i}`);
    out.add(`    Mapping index: ${location.mappingIndex ?? 0}`);
    out.add(`    Address: ${location.address ?? 0}`);
    for (const [j, line] of (location.lines ?? []).entries()) {
      out.add(`    Line #${j}`);
      out.add(`        Function index: ${line.functionIndex ?? 0}`);
      out.add(`        Line: ${line.line ?? 0}`);
      out.add(`        Column: ${line.column ?? 0}`);
    }
    out.add(`    Attributes: ${list(location.attributeIndices)}`);
  }
  for (const [i, each] of (dictionary.functionTable ?? []).entries()) {
    out.add(`Function #${i}`);
    out.add(`    Name: ${each.nameStrindex ?? 0}`);
    out.add(`    System name: ${each.systemNameStrindex ?? 0}`);
    out.add(`    Filename: ${each.filenameStrindex ?? 0}`);
    out.add(`    Start line: ${each.startLine ?? 0}`);
  }
  tableLines(out, dictionary);
}

function tableLines(
  out: Lines,
  { attributeTable, linkTable, stringTable = [] }: OtlpObject<'ProfilesDictionary'>,
): void {
  const attribute = attributeTable?.at(-1);
  if (attribute !== undefined) {
    out.add('Attribute table:');
    out.add(`     -> Key: Int(${attribute.keyStrindex ?? 0})`);
    out.add(`     -> Value: Str(${valueText(attribute.value)})`);
    out.add(`     -> unit: Int(${attribute.unitStrindex ?? 0})`);
  }
  const link = linkTable?.at(-1);
  if (link !== undefined) {
    out.add('Link table:');
    out.add(`     -> Trace ID: Str(${hex(link.traceId)})`);
    out.add(`     -> Span ID: Str(${hex(link.spanId)})`);
  }
  if (stringTable.length > 0) out.add('String table:');
  for (const each of stringTable) out.add(`    ${each}`);
}

function profileLines(
  out: Lines,
  profile: OtlpObject<'Profile'>,
  dictionary: OtlpObject<'ProfilesDictionary'> | undefined,
): void {
  const given = (name: string, value: string): void => out.add(`    ${name.padEnd(15)}: ${value}`);
  given('Profile ID', hex(profile.profileId));
  given('Start time', timeText(profile.timeUnixNano));
  given('DurationNano', String(profile.durationNano ?? 0));
  given('Dropped attributes count', String(profile.droppedAttributesCount ?? 0));
  for (const [i, { values, attributeIndices = [] }] of (profile.samples ?? []).entries()) {
    out.add(`    Sample #${i}`);
    out.add(`        Values: ${list(values)}`);
    if (attributeIndices.length > 0) out.add('        Attributes:');
    for (const index of attributeIndices) {
      const found = attributeAt(dictionary, index);
      const text = typeof found === 'string' ? found : `${found.key}: ${typedText(found.value)}`;
      out.add(`             -> ${text}`);
    }
  }
}

/** fmt's %d of a slice. */
function list(values: readonly (number | bigint)[] | undefined): string {
  return `[${(values ?? []).join(' ')}]`;
}
