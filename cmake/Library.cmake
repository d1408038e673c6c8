# The evaluator as a library for others: `find_package(Ringwall)` brings Ringwall::authz, and the
# rooms it stands on. Headers lie in include/ringwall, which is the include root, so that they are
# named as they are here ("authz/authz.h") and meet nobody else's.
include(CMakePackageConfigHelpers)

set(RINGWALL_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Ringwall)

function(ringwall_library)
  foreach(room IN LISTS ARGN)
    ringwall_target(target ${room})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${room} OUTPUT_NAME ringwall_${room})
    target_compile_features(${target} PUBLIC cxx_std_23)
    add_library(Ringwall::${room} ALIAS ${target})
    install(TARGETS ${target} EXPORT Ringwall COMPONENT development
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
            INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ringwall)
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.h)
    list(FILTER headers EXCLUDE REGEX "/testing")
    install(FILES ${headers} COMPONENT development
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ringwall/${room})
    # What they do in line is private, and comes with them.
    foreach(header IN LISTS headers)
      file(STRINGS ${header} lines REGEX "^#include \"${room}/detail/.*\\.h\"")
      foreach(line IN LISTS lines)
        string(REGEX REPLACE ".*\"(.*)\".*" "\\1" private ${line})
        install(FILES ${PROJECT_SOURCE_DIR}/src/${private} COMPONENT development
                DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ringwall/${room}/detail)
      endforeach()
    endforeach()
  endforeach()
  install(EXPORT Ringwall NAMESPACE Ringwall:: FILE RingwallTargets.cmake COMPONENT development
          DESTINATION ${RINGWALL_CONFIG_DIR})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/RingwallConfig.cmake.in RingwallConfig.cmake
                                INSTALL_DESTINATION ${RINGWALL_CONFIG_DIR})
  # Before 1.0 a minor version may change the interface.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/RingwallConfigVersion.cmake
                                   COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/RingwallConfig.cmake ${PROJECT_BINARY_DIR}/RingwallConfigVersion.cmake
          COMPONENT development DESTINATION ${RINGWALL_CONFIG_DIR})
endfunction()
