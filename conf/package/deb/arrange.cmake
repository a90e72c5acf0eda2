# What only a Debian package has, and where Debian wants what others have elsewhere. Run by CPack once all is in place.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(MAKE_DIRECTORY ${share}/zsh/vendor-completions ${share}/lintian/overrides)
file(RENAME ${share}/zsh/site-functions/_opslb ${share}/zsh/vendor-completions/_opslb)
file(REMOVE_RECURSE ${share}/zsh/site-functions)
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/lintian-overrides ${share}/lintian/overrides/opslb)
# Debian has one copy of the Apache license for all.
file(REMOVE ${share}/doc/opslb/LICENSE)

# The changes are in changelog.gz; Debian's own names the version. TIMESTAMP is of SOURCE_DATE_EPOCH.
string(TIMESTAMP moment "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(changelog ${share}/doc/opslb/changelog.Debian)
file(WRITE ${changelog} "opslb (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) stable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}: see changelog.gz for what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${moment}
")
execute_process(COMMAND gzip -9nf ${changelog} COMMAND_ERROR_IS_FATAL ANY)
