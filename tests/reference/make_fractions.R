# SYNTHETIC signature matrix and mixtures, and their fractions by two solvers of quadratic programs:
# lsei 1.3-0 (Lawson and Hanson's non-negative least squares) and quadprog 1.5-8 (Goldfarb and
# Idnani's dual method).
# Rscript tests/reference/make_fractions.R; writes fraction_matrix.csv, fraction_mixtures.csv,
# fractions.csv. fractions.csv holds the fractions of mRNA by either solver, and those of cells after
# quanTIseq's steps (mRNA scaling, second fit without the common type, division by the sum).
suppressMessages({library(lsei); library(quadprog)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
set.seed(30)
G <- 60; cells <- c("B", "NK", "Macrophage", "CD8", "Common", "Rare"); k <- length(cells)
A <- matrix(round(rgamma(G * k, 0.4, 1 / 60), 4), G, dimnames = list(paste0("Made", 1:G), cells))
A[, "Rare"] <- round(0.75 * A[, "Common"] + 0.25 * A[, "Rare"], 4)
size <- c(B = 65, NK = 118, Macrophage = 138, CD8 = 70, Common = 64, Rare = 73)

x <- t(sapply(1:24, function(i) { w <- rgamma(k, 0.7); w / sum(w) }))
x[, 6] <- x[, 6] * rep(c(0.02, 1), 12)
x <- x * rep(c(0.3, 0.7, 1, 1.3), each = 6)
x[1, ] <- 0; x[2, -3] <- 0; x[7, 5] <- 0
B <- A %*% t(x) * matrix(exp(rnorm(G * 24, 0, 0.35)), G) + matrix(rgamma(G * 24, 0.3, 1 / 20), G)
B[, 19:21] <- B[, 19:21] - 15   # as a correction of batches leaves them: some below zero
B <- round(B, 4); colnames(B) <- paste0("s", 1:24)

by_lsei <- function(A, b) {
  s <- norm(A, "2"); n <- ncol(A)
  lsei(A / s, b / s, e = rbind(diag(n), -1), f = c(rep(0, n), -1))
}
by_quadprog <- function(A, b) {
  s <- norm(A, "2"); n <- ncol(A)
  solve.QP(crossprod(A / s), crossprod(A / s, b / s), cbind(diag(n), -1), c(rep(0, n), -1))$solution
}
of_cells <- function(x, size) if (sum(x) > 0) x / size / sum(x / size) * sum(x) else x
steps <- function(b) {
  first <- of_cells(by_lsei(A, b), size); rest <- max(0, 1 - sum(first))
  if (first[6] < 0.02) {
    alone <- of_cells(by_lsei(A[, -5], b), size[-5])[5]
    first[6] <- (alone + first[6]) / 2
    first[5] <- max(0, first[5] - (alone + first[6]) / 2)
  }
  c(first, rest) / sum(first, rest)
}
rows <- lapply(colnames(B), function(s) data.frame(sample = s, cell_type = c(cells, "other"),
  lsei = c(by_lsei(A, B[, s]), NA), quadprog = c(by_quadprog(A, B[, s]), NA), cells = steps(B[, s])))
out <- do.call(rbind, rows)
stopifnot(max(abs(out$lsei - out$quadprog), na.rm = TRUE) < 1e-10)
for (name in c("lsei", "quadprog", "cells")) out[[name]] <- trimws(format(out[[name]], digits = 15))
write.csv(out, file.path(here, "fractions.csv"), row.names = FALSE, quote = FALSE)
write.csv(data.frame(gene = rownames(A), A), file.path(here, "fraction_matrix.csv"), row.names = FALSE, quote = FALSE)
write.csv(data.frame(gene = rownames(A), B), file.path(here, "fraction_mixtures.csv"), row.names = FALSE, quote = FALSE)
