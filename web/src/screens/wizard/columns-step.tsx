import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatShare } from '../../data/format.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { Select } from '../../ui/select.tsx';
import { EmptyState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { type ColumnRole, namesOf, paramsOf, rolesOf, withParamKey, withRoles } from './draft/draft-request.ts';
import { useDraft } from './draft/open-draft.ts';
import { messages } from './messages.ts';
import { PARAM_PREFIX } from './prompt/param-prefix.ts';
import { StepFrame } from './step-frame.tsx';
import { cellText } from './table/cell-text.ts';
import { useAnalysis, usePreview } from './table/use-table.ts';
import { TypedName } from './typed-name.tsx';

const ROLES = Object.keys(messages.columns.roles) as ColumnRole[];
const CHOICES = ROLES.map((role) => ({ value: role, label: messages.columns.roles[role] }));

/** What each column is for. */
export function ColumnsStep() {
  const { q } = useSearch({ from: '/new/$draftId/columns' });
  const { request } = useDraft();
  const preview = usePreview(request);
  return (
    <StepFrame step="columns">
      {request.csv_uri === undefined ? (
        <EmptyState title={messages.data.needsTable} />
      ) : preview.data === undefined ? (
        <Loading rows={8} />
      ) : (
        <Columns preview={preview.data} search={q} />
      )}
    </StepFrame>
  );
}

function Columns({ preview, search = '' }: { preview: Schemas['TablePreview']; search: string | undefined }) {
  const { draft, request } = useDraft();
  const { columns } = preview;
  const roles = rolesOf(request, columns);
  const shown = columns.filter((column) => column.toLowerCase().includes(search.toLowerCase()));
  const setRoles = (names: readonly string[], role: ColumnRole) =>
    draft.change(withRoles(request, columns, new Map(names.map((name) => [name, role]))));
  const countOf = (role: ColumnRole) => columns.filter((column) => roles.get(column) === role).length;
  return (
    <>
      <div className="flex flex-none flex-wrap items-center gap-3 border-line border-b px-4 py-2">
        <SearchColumns search={search} />
        <span className="text-12 text-ink-3" role="status">
          {messages.columns.count(countOf('prompt'), countOf('param'), countOf('ignore'))}
        </span>
        <span className="ml-auto flex items-center gap-2">
          <span className="whitespace-nowrap text-ink-2">{messages.columns.all}</span>
          <span className="w-48">
            <Select
              label={messages.columns.all}
              value={roles.get(shown[0] ?? '') ?? 'prompt'}
              choices={CHOICES}
              onChange={(role) => setRoles(shown, role)}
            />
          </span>
        </span>
      </div>
      {shown.length === 0 ? (
        <EmptyState title={messages.columns.none} />
      ) : (
        <ColumnTable shown={shown} preview={preview} setRoles={setRoles} />
      )}
      <p className="px-4 py-2 text-12 text-ink-3">{messages.columns.params}</p>
    </>
  );
}

function SearchColumns({ search }: { search: string | undefined }) {
  const navigate = useNavigate({ from: '/new/$draftId/columns' });
  const field = useRef<HTMLInputElement>(null);
  useKeys([{ key: '/', does: messages.columns.search, run: () => field.current?.focus() }]);
  return (
    <SearchField
      ref={field}
      label={messages.columns.search}
      placeholder={messages.columns.search}
      text={search}
      onText={(q) => void navigate({ search: (old) => ({ ...old, q }), replace: true })}
    />
  );
}

interface ColumnTableProps {
  shown: readonly string[];
  preview: Schemas['TablePreview'];
  setRoles: (names: readonly string[], role: ColumnRole) => void;
}

function ColumnTable({ shown, preview, setRoles }: ColumnTableProps) {
  const { request } = useDraft();
  const analysis = useAnalysis(request).data;
  const roles = rolesOf(request, preview.columns);
  const names = namesOf(request, preview.columns);
  const detailed = new Map(analysis?.columns.map((column) => [column.name, column]));
  const sampleOf = (column: string) => {
    const at = preview.columns.indexOf(column);
    return preview.rows.map(({ cells }) => cellText(cells[at])).find((text) => text !== '') ?? '';
  };
  return (
    <Table
      label={messages.steps.columns}
      columns={[
        { label: messages.columns.name },
        { label: messages.columns.sample, className: 'max-sm:hidden' },
        { label: messages.columns.type, className: 'max-lg:hidden' },
        { label: messages.columns.filled, num: true, className: 'max-sm:hidden' },
        { label: messages.columns.distinct, num: true, className: 'max-lg:hidden' },
        { label: messages.columns.use, className: 'w-72 max-lg:w-60 max-sm:w-52' },
      ]}
    >
      {shown.map((column) => {
        const detail = detailed.get(column);
        const rows = analysis?.row_count ?? 0;
        return (
          <tr key={column}>
            <th scope="row" className="max-w-60 font-medium max-sm:max-w-0">
              <code className="cut block">{names.get(column)}</code>
              {names.get(column) !== column && (
                <span className="cut block font-normal text-11 text-ink-3">{messages.columns.inTable(column)}</span>
              )}
            </th>
            <td className="max-w-80 text-ink-2 max-sm:hidden">
              <span className="cut block">{sampleOf(column)}</span>
            </td>
            <td className="text-ink-2 max-lg:hidden">{detail?.type}</td>
            <td className="num text-ink-2 max-sm:hidden">
              {detail !== undefined && rows > 0 && formatShare((rows - detail.nulls) / rows)}
            </td>
            <td className="num text-ink-2 max-lg:hidden">
              {detail !== undefined && formatCount(detail.distinct_estimate)}
            </td>
            <td className="py-0.5!">
              <Select
                label={messages.columns.roleOf(column)}
                value={roles.get(column) ?? 'prompt'}
                choices={CHOICES}
                onChange={(role) => setRoles([column], role)}
              />
              {roles.get(column) === 'param' && <ParamKey column={column} />}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

const KEY = /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u;

function ParamKey({ column }: { column: string }) {
  const { draft, request } = useDraft();
  const params = Object.entries(paramsOf(request));
  const key = params.find(([, one]) => one === column)?.[0] ?? '';
  const others = params.flatMap(([one, of]) => (of === column ? [] : [one]));
  const clashes = (text: string) =>
    others.some((other) => other === text || other.startsWith(`${text}.`) || text.startsWith(`${other}.`));
  return (
    <div className="mt-1 flex items-center gap-1">
      <code className="text-11 text-ink-3 max-sm:hidden">{PARAM_PREFIX}</code>
      <TypedName
        value={key}
        aria-label={messages.columns.keyOf(column)}
        className="font-mono text-12"
        faultOf={(text) =>
          !KEY.test(text) ? messages.columns.keyFault : clashes(text) ? messages.columns.keyTwice : ''
        }
        onTyped={(text) => text !== key && draft.change(withParamKey(request, key, text))}
      />
    </div>
  );
}
