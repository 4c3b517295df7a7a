/* What a commit would cost without its wait for the disk: loaded before the C library (LD_PRELOAD) by tools/bench's
 * variant "off", fsync and fdatasync do nothing. An experiment; ferryd has no such option, and must not. */
int fsync(int file);
int fdatasync(int file);

int fsync(int file) {
  (void)file;
  return 0;
}

int fdatasync(int file) {
  (void)file;
  return 0;
}
