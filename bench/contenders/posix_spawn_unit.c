/* posix_spawn_unit.c - the program posix_spawn.c starts: it hands its number back and ends. */
#include <stdlib.h>

int main(int argc, char **argv)
{
    return argc > 1 ? (int)(strtoul(argv[1], NULL, 10) % 251) : 255;
}
