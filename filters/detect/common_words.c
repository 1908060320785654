/* SPDX-License-Identifier: MIT */
#include "filters/detect/common_words.h"

#include "filters/detect/opaque.h"

/* Sorted. */
/* clang-format off */
static const char *const common[] = {
    "a", "access", "account", "added", "admin", "alert", "alerts", "api", "app", "application", "area",
    "authority", "automated", "automatic", "azure", "backup", "battery", "build", "bundle", "ca",
    "campaign", "catalog", "certificate", "channel", "client", "clinic", "cloud", "cluster", "company",
    "connection", "connections", "console", "consulting", "core", "corp", "corporation", "cpu", "created",
    "daemon", "dashboard", "data", "database", "default", "deleted", "delivery", "denied", "department",
    "desk", "desktop", "device", "directory", "disk", "distinguished", "domain", "edition", "endpoint",
    "engine", "error", "errors", "event", "events", "exception", "external", "failed", "failure", "feature",
    "file", "firewall", "foundation", "gateway", "general", "get", "global", "gmbh", "group", "handler",
    "holdings", "hospital", "http", "https", "hub", "inc", "industries", "instance", "insurance",
    "integration", "internal", "invalid", "inventory", "jdbc", "lamp", "laptop", "llc",
    "local", "logged", "logistics", "ltd", "machine", "manager", "member", "memory", "module", "monitor",
    "network", "new", "node", "none", "not", "null", "object", "odbc", "online", "openjdk", "order",
    "out", "panel", "partner", "payment", "platform", "plugin", "policy", "portal", "premium",
    "process", "product", "production", "profile", "project", "proxy", "put", "queue", "region", "registered",
    "removed", "report", "request", "resource", "response", "role", "rule", "runtime", "scanner",
    "schedule", "scheduler", "schema", "security", "sensor", "server", "service", "session", "shipping",
    "shop", "signed", "site", "slow", "software", "solutions", "standard", "started", "starting", "status",
    "stopped", "stopping", "storage", "store", "stream", "subscription", "support", "system", "systems",
    "table", "task", "team", "technologies", "test", "the", "thread", "timeout", "tool", "tools", "type",
    "university", "unknown", "updated", "usage", "user", "version", "web", "widget", "windows",
    "worker", "workflow", "workspace", "zone",
};
/* clang-format on */

bool rd_common_words(const rd_view *v, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t end = rd_skip(v, i, to, RD_C_ALPHA | RD_C_UTF8);
        bool initial = end - i == 1 && rd_at(v, end) == '.';
        if (end > i && !initial && RD_LISTED(v, i, end, common))
            return true;
        i = end;
    }
    return false;
}
