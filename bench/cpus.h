/* cpus.h - which CPUs this process may use.
 * Numbers count the allowed CPUs, not the machine's: the first allowed one is 0, whatever the
 * kernel calls it. */
#ifndef BENCH_CPUS_H
#define BENCH_CPUS_H

#ifdef __cplusplus
extern "C" {
#endif

int cpus_allowed(void);    /* how many the calling thread may use now */
int cpus_name(int number); /* the kernel's name of the number-th allowed CPU, or -1 */
int cpus_pin(int number);  /* the calling thread onto one of them; 0 or -errno */

/* Give up all but the first `count` allowed CPUs; 0 or -errno. Threads and processes created
 * afterwards inherit it. cpus_restore() takes back what the last cpus_keep() gave up. */
int cpus_keep(int count);
void cpus_restore(void);

#ifdef __cplusplus
}
#endif
#endif
