#!/bin/sh
# Renews the links in infra/sam/_code to everything that goes into a function. A new file or folder of shared/ or shared/pages/ needs one; a test
# does not. The Go tools ignore a folder whose name begins with _. `sam build` reads every file below CodeUri to see whether its cache is still valid.
# So what changes during a build (node_modules, dist, .local) must not be there: a file that disappears would end the build.
set -eu
cd "$(dirname "$0")/_code"
find . -type l -exec rm {} +
mkdir -p shared/pages
ln -s ../../../functions ../architecture.sh .
ln -s ../../../Makefile rules # the Makefile here only hands over to it
ln -s ../../../go.mod module # under its own name it would make this folder a module
ln -s ../../../go.sum sums
for path in ../../../shared/* ../../../shared/pages/* ../../../shared/pages/.npmrc; do
	case $path in
	*/pages | */pages/node_modules | */pages/dist | *_test.go) ;;
	*/pages/*) ln -s "../../$path" shared/pages/ ;;
	*) ln -s "../$path" shared/ ;;
	esac
done
