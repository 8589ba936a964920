# Included by tests/CMakeLists.txt. Not where programs built here cannot run as others'
# would: a sanitizer's runtime has to be linked first, a cross-compiled one needs qemu.
if(NOT BEAMLING_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME consumer COMMAND
    ${CMAKE_CURRENT_LIST_DIR}/check.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/consumer
    -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DBEAMLING_ALLOCATOR=${BEAMLING_ALLOCATOR}
    -DBEAMLING_ASSERTS=${BEAMLING_ASSERTS} -DBEAMLING_UNITY=${BEAMLING_UNITY})
  set_tests_properties(consumer PROPERTIES TIMEOUT 300 ENVIRONMENT "CC=${CMAKE_C_COMPILER};CMAKE_GENERATOR=${CMAKE_GENERATOR}")
endif()
