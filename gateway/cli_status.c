/* SPDX-License-Identifier: MIT */
/* `redactd status` and `redactd log-level`. */
#include "gateway/cli.h"

#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"

int gw_cli_status(int argc, char **argv)
{
    gw_cli_admin a;
    json_t *answer = NULL;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    if (a.n_args != 0)
        rc = gw_cli_usage("status");
    else
        rc = gw_cli_admin_call(&a, "GET", "/api/v1/status", NULL, &answer);
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show_object(&a, answer);
    if (rc == GW_EXIT_OK && !json_is_true(json_object_get(answer, "ready")))
        rc = GW_EXIT_FAILED;
    json_decref(answer);
    gw_cli_admin_release(&a);
    return rc;
}

int gw_cli_log_level(int argc, char **argv)
{
    gw_cli_admin a;
    json_t *answer = NULL;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    if (a.n_args != 1) {
        rc = gw_cli_usage("log-level");
    } else {
        json_t *body = json_pack("{s:s}", "level", a.args[0]);
        rc = gw_cli_admin_call(&a, "PUT", "/api/v1/log-level", body, &answer);
        json_decref(body);
    }
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show_object(&a, answer);
    json_decref(answer);
    gw_cli_admin_release(&a);
    return rc;
}
