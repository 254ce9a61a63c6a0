#include "schema.h"
#include <stdio.h>
#include <string.h>

static bool has_type(const char *type, json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return !strcmp(type, "object");
    case JSON_ARRAY:
        return !strcmp(type, "array");
    case JSON_STRING:
        return !strcmp(type, "string");
    case JSON_INTEGER:
        return !strcmp(type, "integer") || !strcmp(type, "number");
    case JSON_REAL:
        return !strcmp(type, "number");
    case JSON_TRUE:
    case JSON_FALSE:
        return !strcmp(type, "boolean");
    default:
        return !strcmp(type, "null");
    }
}

static bool bad(char *problem, size_t size, const char *what, const char *name)
{
    if (!*problem)
        snprintf(problem, size, "%s: %s", what, name);
    return false;
}

static bool object_fits(json_t *schema, json_t *rule, json_t *value, char *problem, size_t size)
{
    const char *key;
    size_t i;
    json_t *part, *properties = json_object_get(rule, "properties");
    json_array_foreach(json_object_get(rule, "required"), i, part)
    {
        if (!json_object_get(value, json_string_value(part)))
            return bad(problem, size, "missing", json_string_value(part));
    }
    json_object_foreach(value, key, part)
    {
        json_t *known = json_object_get(properties, key);
        if (known ? !schema_fits(schema, known, part, problem, size)
                  : json_is_false(json_object_get(rule, "additionalProperties")))
            return bad(problem, size, "unexpected or wrong", key);
    }
    return true;
}

static bool is_one_of(json_t *list, json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (json_equal(one, value))
            return true;
    }
    return false;
}

bool schema_fits(json_t *schema, json_t *rule, json_t *value, char *problem, size_t size)
{
    size_t i;
    json_t *part;
    const char *reference = json_string_value(json_object_get(rule, "$ref"));
    if (reference) {
        rule = json_object_get(json_object_get(schema, "$defs"), strrchr(reference, '/') + 1);
        if (!rule)
            return bad(problem, size, "no such definition", reference);
    }
    const char *type = json_string_value(json_object_get(rule, "type"));
    if (type && !has_type(type, value))
        return bad(problem, size, "is not of type", type);
    json_t *constant = json_object_get(rule, "const"), *list = json_object_get(rule, "enum"),
           *least = json_object_get(rule, "minimum");
    if (constant && !json_equal(constant, value))
        return bad(problem, size, "is not the constant", "const");
    if (list && !is_one_of(list, value))
        return bad(problem, size, "is none of the words",
                   json_is_string(value) ? json_string_value(value) : "?");
    if (least && json_integer_value(value) < json_integer_value(least))
        return bad(problem, size, "is below", "minimum");
    if (json_is_array(value) && json_object_get(rule, "items"))
        json_array_foreach(value, i, part)
        {
            if (!schema_fits(schema, json_object_get(rule, "items"), part, problem, size))
                return bad(problem, size, "wrong item in", "array");
        }
    return !json_is_object(value) || object_fits(schema, rule, value, problem, size);
}
