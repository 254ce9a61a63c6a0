/* Where text for people goes at the end: stderr, or the file that the option log_path names. Called
   under LOCK_LAST_LOOK. */
#ifndef HOLDFAST_REPORT_LOG_H
#define HOLDFAST_REPORT_LOG_H

/* At birth: what stderr is then. */
void log_start_up(void);

/* A descriptor to write to, or -1: the file cannot be opened (said on stderr), or the program gave
   descriptor 2 away. program: file name of the executable; directory: a relative log_path starts
   there. */
int log_open(const char *program, const char *directory);
void log_close(int out);

#endif
