// Fields of bodies and queries: valibot schemas that become JSON Schema.
export {
  describes,
  descriptionOf,
  type Description,
  type RouteDescription,
} from "../http/description";
export { explain } from "../http/explain";
export {
  arrayOf,
  date,
  dateTime,
  id,
  integer,
  money,
  object,
  oneOf,
  someOf,
  text,
} from "../http/fields";
export { checkAs, toJsonSchema } from "../http/json-schema";
export { pageQuery, type PageQuery } from "../http/paging";
export { queryBoolean, queryInteger, queryList } from "../http/query-fields";
