# Fractions by quanTIseq's steps with R's lsei and quadprog, for the table in docs/cell-fractions.md:
# Rscript tests/reference/quantiseq_by_lsei.R FOLDER TABLE tumour|blood OUT
# FOLDER has quanTIseq's four files, TABLE is a CSV of TPM (human genes by samples); OUT is a CSV of
# samples by cell types.
suppressMessages({library(lsei); library(quadprog)})
given <- commandArgs(TRUE); folder <- given[1]; tumour <- given[3] == "tumour"
M <- as.matrix(read.table(file.path(folder, "TIL10_signature.txt"), header = TRUE, sep = "\t", row.names = 1))
mrna <- read.table(file.path(folder, "TIL10_mRNA_scaling.txt"), sep = "\t")
size <- mrna$V2[match(colnames(M), mrna$V1)]
noisy <- readLines(file.path(folder, "TIL10_rmgenes.txt"), warn = FALSE)
aberrant <- readLines(file.path(folder, "TIL10_TCGA_aberrant_immune_genes.txt"), warn = FALSE)
X <- as.matrix(read.csv(given[2], row.names = 1, check.names = FALSE))
X <- t(t(X) * 1e6 / colSums(X))
A <- M[!rownames(M) %in% c(noisy, if (tumour) aberrant), ]
genes <- intersect(rownames(A), rownames(X)); A <- A[genes, ]; X <- X[genes, , drop = FALSE]

by_lsei <- function(A, b) {
  s <- norm(A, "2"); n <- ncol(A)
  lsei(A / s, b / s, e = rbind(diag(n), -1), f = c(rep(0, n), -1))
}
by_quadprog <- function(A, b) {
  s <- norm(A, "2"); n <- ncol(A)
  solve.QP(crossprod(A / s), crossprod(A / s, b / s), cbind(diag(n), -1), c(rep(0, n), -1))$solution
}
of_cells <- function(x, size) x / size / sum(x / size) * sum(x)
steps <- function(b, solve) {
  cd4 <- which(colnames(A) == "T.cells.CD4"); treg <- which(colnames(A) == "Tregs")
  first <- of_cells(solve(A, b), size); rest <- max(0, 1 - sum(first))
  if (first[treg] < 0.02) {
    alone <- of_cells(solve(A[, -cd4], b), size[-cd4])[which(colnames(A)[-cd4] == "Tregs")]
    first[treg] <- (alone + first[treg]) / 2
    first[cd4] <- max(0, first[cd4] - (alone + first[treg]) / 2)
  }
  c(first, rest) / sum(first, rest)
}
out <- t(apply(X, 2, steps, solve = by_lsei)); colnames(out) <- c(colnames(M), "Other")
cat("lsei and quadprog differ by", max(abs(out - t(apply(X, 2, steps, solve = by_quadprog)))), "\n")
write.csv(apply(out, 2, format, digits = 16), given[4], quote = FALSE)
