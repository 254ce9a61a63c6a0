/* The part of JSON Schema that tools/report.schema.json uses: $ref into $defs, type, const, enum,
   pattern- free strings, required, properties, additionalProperties: false, items, minimum. */
#ifndef HOLDFAST_TESTS_SCHEMA_H
#define HOLDFAST_TESTS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* Does value keep to rule (a part of schema)? problem: where it does not. */
bool schema_fits(json_t *schema, json_t *rule, json_t *value, char *problem, size_t size);

#endif
