/** Four lines for each page: title, address, date, text. */
export const linuxPages = `
Bash reference manual
https://www.gnu.org/software/bash/manual/bash.html
2025-07-03
Bash is the shell of the GNU system and the usual shell of Linux. set -euo pipefail makes a script stop at errors and unset variables. Double quotes expand variables, single quotes do not.

grep manual
https://www.gnu.org/software/grep/manual/grep.html
2025-04-10
grep prints lines that match a pattern. -r searches folders, -i ignores case, -n shows line numbers, -v inverts the match, and -E uses extended regular expressions.

find(1)
https://man7.org/linux/man-pages/man1/find.1.html
2025-04-10
find walks a directory tree and tests every file by name, type, size or age, as in find . -name '*.log' -mtime +7. -exec runs a command on what it finds and -delete removes it.

chmod(1)
https://man7.org/linux/man-pages/man1/chmod.1.html
2025-04-10
chmod changes the permissions of a file: read is 4, write 2 and execute 1, for owner, group and others. chmod 755 lets everybody run a file and only its owner write it; chmod +x makes it executable.

crontab(5)
https://man7.org/linux/man-pages/man5/crontab.5.html
2025-04-10
A crontab line has five fields, minute, hour, day of month, month and day of week, and then a command. 0 3 * * 1 runs every Monday at three in the morning. crontab -e edits the table of jobs.

systemd.service
https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
2025-06-17
A systemd service unit tells how to start a daemon: ExecStart is the command, Restart=on-failure starts it again after a crash. systemctl enable --now starts it now and at every boot; journalctl -u shows its log.

ssh(1)
https://man.openbsd.org/ssh
2025-04-09
ssh logs in to a remote machine over an encrypted connection. ssh-keygen makes keys, ssh-copy-id installs the public one, and -L forwards a local port. Hosts are configured in ~/.ssh/config.

signal(7)
https://man7.org/linux/man-pages/man7/signal.7.html
2025-04-10
Signals tell processes of events. SIGTERM (15) asks a process to end, SIGKILL (9) ends it without asking, SIGINT comes from Ctrl-C and SIGHUP from a terminal that closes.

curl man page
https://curl.se/docs/manpage.html
2025-09-10
curl transfers data to or from a server by URL. -X sets the method, -H adds a header, -d sends a body, -o writes to a file, -N turns buffering off for streams and -v shows what happens.

rsync(1)
https://download.samba.org/pub/rsync/rsync.1
2025-01-16
rsync copies files locally or over ssh and sends only what has changed. -a keeps times and permissions, -z compresses, --delete removes what the source no longer has.

Linux kernel
https://en.wikipedia.org/wiki/Linux_kernel
2025-09-30
Linux is a free operating system kernel begun by Linus Torvalds in 1991, under the GNU General Public License version 2. It runs phones, servers and all of the 500 fastest supercomputers.

epoll(7)
https://man7.org/linux/man-pages/man7/epoll.7.html
2025-04-10
epoll tells a Linux program which of many file descriptors are ready for input or output. Event loops such as that of Node.js are built on it.

Vim help
https://vimhelp.org/
2025-06-01
Vim is a modal text editor. Press Esc and type :q! to quit without saving or :wq to save and exit; i begins to insert, dd deletes a line and u undoes.

tmux: Getting started
https://github.com/tmux/tmux/wiki/Getting-Started
2024-09-27
tmux is a terminal multiplexer: several terminals in one window that live on when the connection is lost. Ctrl-b d detaches, tmux attach comes back.

Debian releases
https://www.debian.org/releases/
2025-08-09
Debian is a Linux distribution made by volunteers. Debian 12 bookworm came out in June 2023 and Debian 13 trixie in August 2025. apt install adds packages, apt upgrade renews them.
`
