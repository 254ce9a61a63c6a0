/*
 * Where recordings go: `recording=PATH`, else the run's folder handed down by the launcher or our
 * parent, else a new folder of this user's own: $XDG_STATE_HOME/holdfast or /tmp/holdfast-UID, in
 * it one folder per run, YYYYMMDD-HHMMSS-PID (UTC). tools/folder.c knows the same rules.
 */
#ifndef HOLDFAST_REPORT_FOLDER_H
#define HOLDFAST_REPORT_FOLDER_H

#include <stddef.h>

/* Creates this process's recording (base/recording.h) in the right place. program: file name of the
   executable. state_home: value of XDG_STATE_HOME or NULL. Returns 0 or -errno; ret_path (room
   bytes) is the file's path. Sets environment.run_folder and run_id when there were none. */
int folder_create_recording(const char *program, const char *state_home, char *ret_path,
                            size_t room);

#endif
