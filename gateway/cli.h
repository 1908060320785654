/* SPDX-License-Identifier: MIT */
/* Verbs of the command line, one file each (cli_<verb>.c). argv[0] is the verb; returns the exit code. */
#ifndef GW_CLI_H
#define GW_CLI_H

enum { GW_EXIT_OK = 0, GW_EXIT_FAILED = 1, GW_EXIT_USAGE = 64, GW_EXIT_CONFIG = 78 };

/* `redactd check [FILE]`: all that is wrong with FILE (or the embedded default) to standard error. */
int gw_cli_check(int argc, char **argv);
/* `redactd token new`: a bearer token, once, and the hash to store. */
int gw_cli_token(int argc, char **argv);
/* `redactd password hash`: argon2id of the line on standard input. */
int gw_cli_password(int argc, char **argv);
/* `redactd ledger verify DIRECTORY [SHA256]`: whether the ledger is whole, and holds that record; `counts`:
 * what it says, added up. */
int gw_cli_ledger(int argc, char **argv);
/* `redactd dump-config [FILE]`: the effective configuration, secrets masked. */
int gw_cli_dump_config(int argc, char **argv);
/* `redactd reference [keys|outcomes|metrics]`: one of the program's tables in Markdown. */
int gw_cli_reference(int argc, char **argv);
/* `redactd redact [--config FILE] [--field NAME] [--class CLASS]`: standard input to standard output,
 * redacted. */
int gw_cli_redact(int argc, char **argv);
/* `redactd explain`, same arguments: what matched in each line and what was refused; shows no text. */
int gw_cli_explain(int argc, char **argv);

/* Verbs that talk to a running redactd (cli_admin.h).
 * `redactd status`: what runs; exit code 1 when it is not ready. */
int gw_cli_status(int argc, char **argv);
/* `redactd log-level LEVEL`: until the next reload. */
int gw_cli_log_level(int argc, char **argv);
/* `redactd workspace ls|show NAME|block NAME [--ttl TIME]|unblock NAME`. */
int gw_cli_workspace(int argc, char **argv);
/* `redactd rules ls [--unused]`, `rules counts`. */
int gw_cli_rules(int argc, char **argv);
/* `redactd breaker ls|open|close|reset`. */
int gw_cli_breaker(int argc, char **argv);

#endif
