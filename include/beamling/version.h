/* version.h - which beamling this is. CMakeLists.txt reads it from here. */
#ifndef BEAMLING_VERSION_H
#define BEAMLING_VERSION_H

#define BL_VERSION_MAJOR 0
#define BL_VERSION_MINOR 1
#define BL_VERSION_PATCH 0
#define BL_VERSION       "0.1.0"

#endif
