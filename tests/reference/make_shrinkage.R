# Variance between studies and shrunken estimates by metafor 3.8-1 (rma, blup).
# Run in this folder: Rscript make_shrinkage.R; writes shrinkage.csv.
library(metafor)
set.seed(7)
designs <- list(
  spread = list(yi = rnorm(12, 0.2, 0.5), vi = runif(12, 0.02, 0.3)),
  alike = list(yi = rnorm(8, 0.1, 0.2), vi = runif(8, 0.04, 0.5)),
  many = list(yi = rnorm(40, 0, 0.7), vi = runif(40, 0.02, 0.4))
)
rows <- list()
for (design in names(designs)) {
  d <- designs[[design]]
  for (method in c("DL", "PM", "REML")) {
    fit <- rma(d$yi, d$vi, method = method, control = list(threshold = 1e-12, maxiter = 1000, tol = 1e-12))
    b <- blup(fit)
    rows[[length(rows) + 1]] <- data.frame(design, method, yi = d$yi, vi = d$vi, tau2 = fit$tau2,
      mu = as.numeric(fit$beta), mu_se = fit$se, blup = b$pred, blup_se = b$se)
  }
}
write.csv(format(do.call(rbind, rows), digits = 15), "shrinkage.csv", row.names = FALSE, quote = FALSE)
