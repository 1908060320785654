/* SPDX-License-Identifier: MIT */
#include "tests/upstream/script.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct up_script {
    pthread_mutex_t lock;
    json_t *rules; /* owned, under lock */
};

up_script *up_script_new(void)
{
    up_script *s = calloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->rules = json_array();
    return s;
}

const char *up_script_set(up_script *s, const unsigned char *text, size_t n)
{
    json_error_t ignored;
    json_t *rules = json_loadb((const char *)text, n, 0, &ignored), *rule;
    size_t i;
    if (!json_is_array(rules)) {
        json_decref(rules);
        return "not an array of rules";
    }
    json_array_foreach(rules, i, rule)
    {
        if (json_object_get(rule, "times") == NULL)
            json_object_set_new(rule, "times", json_integer(-1));
    }
    pthread_mutex_lock(&s->lock);
    json_decref(s->rules);
    s->rules = rules;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* A copy, because the rules may be replaced while the answer is under way. */
static json_t *take_rule(up_script *s, const char *target)
{
    json_t *rule, *taken = NULL;
    size_t i;
    pthread_mutex_lock(&s->lock);
    json_array_foreach(s->rules, i, rule)
    {
        const char *path = json_string_value(json_object_get(rule, "path"));
        json_int_t times = json_integer_value(json_object_get(rule, "times"));
        if (times == 0 || (path != NULL && strcmp(path, target) != 0))
            continue;
        if (times > 0)
            json_object_set_new(rule, "times", json_integer(times - 1));
        taken = json_deep_copy(rule);
        break;
    }
    pthread_mutex_unlock(&s->lock);
    return taken;
}

bool up_respond(int fd, int status, const json_t *headers, const char *type, const void *body, size_t n,
                bool chunked)
{
    char line[4096];
    const char *name;
    json_t *value;
    size_t at = (size_t)snprintf(line, sizeof line, "HTTP/1.1 %d Scripted\r\n", status);
    if (*type != '\0')
        at += (size_t)snprintf(line + at, sizeof line - at, "Content-Type: %s\r\n", type);
    json_object_foreach((json_t *)headers, name, value)
    {
        if (at < sizeof line - 1024)
            at += (size_t)snprintf(line + at, 1024, "%s: %s\r\n", name, json_string_value(value));
    }
    if (chunked)
        at += (size_t)snprintf(line + at, 512, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", n);
    else if (status == 204)
        at += (size_t)snprintf(line + at, 512, "\r\n");
    else
        at += (size_t)snprintf(line + at, 512, "Content-Length: %zu\r\n\r\n", n);
    bool sent = up_write(fd, line, at) && (n == 0 || up_write(fd, body, n));
    return sent && (!chunked || up_write(fd, n == 0 ? "\r\n" : "\r\n0\r\n\r\n", n == 0 ? 2 : 7));
}

static bool answer_default(int fd, const up_request *req, const up_body *body)
{
    if (body->signal == UP_LOKI || strncmp(req->target, "/otlp/", 6) == 0)
        return up_respond(fd, 204, NULL, "", NULL, 0, false);
    if (body->is_json)
        return up_respond(fd, 200, NULL, "application/json", "{\"partialSuccess\":{}}", 21, false);
    return up_respond(fd, 200, NULL, "application/x-protobuf", "\n\0", 2, false);
}

unsigned char *up_rule_bytes(const json_t *rule, const char *name, size_t *out_n)
{
    char hex_name[32];
    const json_t *text = json_object_get(rule, name);
    snprintf(hex_name, sizeof hex_name, "%s_hex", name);
    const char *hex = json_string_value(json_object_get(rule, hex_name));
    *out_n = json_is_string(text) ? json_string_length(text) : hex != NULL ? strlen(hex) / 2 : 0;
    if (!json_is_string(text) && hex == NULL)
        return NULL;
    unsigned char *bytes = malloc(*out_n + 1);
    if (json_is_string(text)) {
        memcpy(bytes, json_string_value(text), *out_n);
        return bytes;
    }
    for (size_t i = 0; i < *out_n; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return bytes;
}

static bool answer_rule(const json_t *rule, int fd)
{
    size_t n;
    bool close_after = json_is_true(json_object_get(rule, "close"));
    int status = (int)json_integer_value(json_object_get(rule, "status"));
    json_int_t delay_ms = json_integer_value(json_object_get(rule, "delay_ms"));
    nanosleep(&(struct timespec){delay_ms / 1000, delay_ms % 1000 * 1000000}, NULL);
    if (json_is_true(json_object_get(rule, "hang"))) {
        char c;
        while (recv(fd, &c, 1, 0) > 0)
            ;
        return false;
    }
    unsigned char *raw = up_rule_bytes(rule, "raw", &n);
    if (raw != NULL) {
        up_write(fd, raw, n);
        free(raw);
        return false;
    }
    if (status == 0)
        return !close_after;
    unsigned char *body = up_rule_bytes(rule, "body", &n);
    bool sent = up_respond(fd, status, json_object_get(rule, "headers"), "", body, n,
                           json_is_true(json_object_get(rule, "chunked")));
    free(body);
    return sent && !close_after;
}

bool up_script_answer(up_script *s, int fd, const up_request *req, const up_body *body)
{
    json_t *rule = take_rule(s, req->target);
    bool has_answer =
        rule != NULL && (json_object_get(rule, "status") != NULL || json_object_get(rule, "raw") != NULL ||
                         json_object_get(rule, "raw_hex") != NULL || json_object_get(rule, "hang") != NULL ||
                         json_object_get(rule, "close") != NULL);
    bool keep = true;
    if (rule != NULL)
        keep = answer_rule(rule, fd); /* a rule without an answer is only a delay */
    if (keep && !has_answer)
        keep = answer_default(fd, req, body);
    json_decref(rule);
    return keep;
}
