/* A gateway in C that hands what its printers do to `inkwire connect agent`. No library but libc.
 *
 *   cc -std=c99 -Wall -Wextra -O2 -o agent_client agent_client.c
 *   ./agent_client --socket /run/inkwire/agent.sock plotter-1 plotter-2
 *   mkfifo answers; ./agent_client --stdin plotter-1 < answers | inkwire connect agent ... > answers
 *
 * INKWIRE_CLAIM_1, INKWIRE_CLAIM_2, ... hold the claim code of the first, second, ... printer, at their first start.
 * JOBS (3) is how many jobs each printer finishes; LAST_JOB (0) is where their numbers go on.
 * Exit code: 0 when every line was answered ok, 1 otherwise.
 *
 * The pattern to copy: write a line, read a line. An answer `ok` means that it is on disk and will reach the portal. After
 * a broken connection, connect again and repeat the line that was not answered: jobs and alerts count once by their ids.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *to_agent, *from_agent;
static int refused;

/* Copies text into a JSON string, with what JSON cannot hold escaped. Gives out. */
static const char *json(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (; *text != '\0' && used + 7 < size; text++) {
        unsigned char letter = (unsigned char)*text;
        if (letter == '"' || letter == '\\') {
            out[used++] = '\\';
            out[used++] = (char)letter;
        } else if (letter < 0x20) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", (unsigned)letter);
        } else {
            out[used++] = (char)letter;
        }
    }
    out[used] = '\0';
    return out;
}

/* Sends one line and reads its one answer. True when it was ok. */
static int tell(const char *format, ...)
{
    char answer[4096];
    va_list arguments;

    va_start(arguments, format);
    vfprintf(to_agent, format, arguments);
    va_end(arguments);
    fputc('\n', to_agent);
    fflush(to_agent); /* if that failed, what is read says more: a refusal, or the end */
    if (fgets(answer, sizeof answer, from_agent) == NULL) {
        fprintf(stderr, "the agent is gone; connect again and repeat the last line\n");
        exit(1);
    }
    if (strncmp(answer, "ok", 2) == 0 && (answer[2] == '\n' || answer[2] == ' '))
        return 1;
    fprintf(stderr, "refused: %s", answer); /* error CODE sentence */
    refused = 1;
    return 0;
}

static int connected(const char *path)
{
    struct sockaddr_un address;
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (descriptor < 0 || strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "no socket can be made for %s\n", path);
        exit(1);
    }
    strcpy(address.sun_path, path);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        fprintf(stderr, "%s: %s; does the agent run?\n", path, strerror(errno));
        exit(1);
    }
    return descriptor;
}

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtol(text, NULL, 10);
}

static void printer_works(const char *printer, int place)
{
    char name[32], claim[600], job[256];
    const char *code;
    long total = number("LAST_JOB", 0), jobs = number("JOBS", 3), each;

    snprintf(name, sizeof name, "INKWIRE_CLAIM_%d", place);
    code = getenv(name);
    if (code == NULL ? !tell("open %s", printer) : !tell("open %s {\"claim\":\"%s\"}", printer, json(claim, sizeof claim, code)))
        return;
    for (each = total + 1; each <= total + jobs; each++) {
        /* Your id of the job: never used for another one, over restarts. Here it is made of printer and number. */
        snprintf(job, sizeof job, "%s-job-%ld", printer, each);
        tell("job-started %s {\"job_id\":\"%s\"}", printer, job);
        tell("impressions %s {\"count\":2}", printer);
        tell("job-finished %s {\"job_id\":\"%s\",\"service\":\"print\",\"outcome\":\"completed\",\"impressions\":2,"
             "\"color_mode\":\"color\",\"inks\":[{\"colorant\":\"cyan\",\"volume_ul\":12}]}", printer, job);
    }
    tell("snapshot %s {\"device\":{\"manufacturer\":\"Example\",\"model\":\"Plotter \\\"36\\\"\",\"serial\":\"C-%s\"},"
         "\"status\":{\"state\":\"idle\"},"
         "\"meters\":[{\"name\":\"total.impressions\",\"unit\":\"impressions\",\"value\":%ld,\"source\":\"firmware\"}],"
         "\"supplies\":[{\"index\":1,\"kind\":\"ink\",\"colorant\":\"cyan\",\"capacity\":1000,\"level\":640,\"percent\":64,"
         "\"state\":\"measured\"}]}", printer, printer, 2 * (total + jobs));
    tell("alert-raised %s {\"alert_id\":\"%s-jam-%ld\",\"code\":8,\"severity\":\"critical\",\"description\":\"jam\"}",
         printer, printer, total);
    tell("alert-cleared %s {\"alert_id\":\"%s-jam-%ld\"}", printer, printer, total);
    tell("push %s", printer);
}

int main(int count, char **words)
{
    int first = 2, each;

    signal(SIGPIPE, SIG_IGN); /* an agent that has gone is told by the answer that does not come */
    if (count >= 4 && strcmp(words[1], "--socket") == 0) {
        int descriptor = connected(words[2]);
        to_agent = fdopen(descriptor, "w");
        from_agent = fdopen(dup(descriptor), "r");
        first = 3;
    } else if (count >= 3 && strcmp(words[1], "--stdin") == 0) {
        to_agent = stdout;
        from_agent = stdin;
    } else {
        fprintf(stderr, "usage: %s --socket PATH PRINTER ... | --stdin PRINTER ...\n", words[0]);
        return 2;
    }
    if (to_agent == NULL || from_agent == NULL) {
        perror("agent_client");
        return 1;
    }
    if (!tell("hello {\"v\":1,\"client\":\"agent_client.c/1\"}"))
        return 1;
    for (each = first; each < count; each++)
        printer_works(words[each], each - first + 1);
    tell("quit");
    return refused;
}
